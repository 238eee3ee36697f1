"""E-commerce, Segment's version 2: products, carts, orders and what is said of them."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from millrace.events.definition import NotPii, Pii

# shops send their ids as text and as numbers
Id = str | int
LARGEST = 10**15
"""Of a number: keeps "Infinity", sent as text, from passing for one."""
Amount = Annotated[float, Meta(ge=-LARGEST, le=LARGEST)]
Price = Annotated[float, Meta(description="Price of one, in `currency`.", ge=0, le=LARGEST)]
Currency = Annotated[
    str, Meta(description="Three letters, ISO 4217.", pattern="^[A-Za-z]{3}$"), NotPii("a code")
]
Coupon = Annotated[str, Meta(description="Code of the coupon.")]
CartId = Annotated[Id, Meta(description="The shop's id of the cart.")]
OrderId = Annotated[Id, Meta(description="The shop's id of the order or transaction.")]
CheckoutId = Annotated[Id, Meta(description="The shop's id of the checkout.")]
ProductId = Annotated[Id, Meta(description="The shop's id of the product.")]
Category = Annotated[str, Meta(description="Category that the list or product belongs to.")]
ListId = Annotated[Id, Meta(description="Id of the list.")]
WishlistId = Annotated[Id, Meta(description="Id of the wish list.")]
ShareVia = Annotated[str, Meta(description="How it was shared: e-mail, a network, a link.")]
ShareMessage = Annotated[str, Meta(description="What the sharer wrote."), Pii("text")]
Recipient = Annotated[str, Meta(description="With whom it was shared."), Pii("email")]
Url = Annotated[
    str, Meta(description="Address of the page; its query may name people."), Pii("url")
]


class ProductDetails(Struct, frozen=True, kw_only=True):
    """What may be said of any product."""

    sku: Annotated[Id, Meta(description="Stock keeping unit.")] | None = None
    category: Category | None = None
    name: Annotated[str, Meta(description="Name of the product."), NotPii("a product")] | None = (
        None
    )
    brand: Annotated[str, Meta(description="Brand of the product.")] | None = None
    variant: Annotated[str, Meta(description="Size, colour or other variant.")] | None = None
    price: Price | None = None
    quantity: (
        Annotated[float, Meta(description="How many; parts for goods by weight.", ge=0, le=LARGEST)]
        | None
    ) = None
    coupon: Coupon | None = None
    position: Annotated[int, Meta(description="Place in the list, from 1.", ge=0)] | None = None
    url: Url | None = None
    image_url: Annotated[str, Meta(description="Address of a picture.")] | None = None


class Product(ProductDetails, frozen=True, kw_only=True):
    """One product among the `products` of a list, cart or order."""

    product_id: ProductId | None = None


Products = Annotated[tuple[Product, ...], Meta(description="The products, in their order.")]


class ProductProperties(ProductDetails, frozen=True, kw_only=True):
    """An event about one product."""

    product_id: ProductId
    currency: Currency | None = None
    value: Annotated[Amount, Meta(description="Price times quantity, in `currency`.")] | None = None


class CartProductProperties(ProductProperties, frozen=True, kw_only=True):
    """An event about one product in a cart."""

    cart_id: CartId | None = None


class WishlistProductProperties(ProductProperties, frozen=True, kw_only=True):
    """An event about one product on a wish list."""

    wishlist_id: WishlistId | None = None
    wishlist_name: (
        Annotated[str, Meta(description="Name of the list, often its owner's."), Pii("name")] | None
    ) = None


class OrderSums(Struct, frozen=True, kw_only=True):
    """What an order holds and costs: `total` is with shipping and tax, `revenue` without."""

    checkout_id: CheckoutId | None = None
    affiliation: Annotated[str, Meta(description="Shop or partner that sold it.")] | None = None
    subtotal: (
        Annotated[Amount, Meta(description="Products after discount, no shipping or tax.")] | None
    ) = None
    total: Annotated[Amount, Meta(description="All of it: subtotal, shipping, tax.")] | None = None
    revenue: (
        Annotated[Amount, Meta(description="What the shop earns; no shipping or tax.")] | None
    ) = None
    value: Annotated[Amount, Meta(description="Worth of the order to the shop.")] | None = None
    shipping: Annotated[Amount, Meta(description="Cost of shipping.")] | None = None
    tax: Annotated[Amount, Meta(description="Sum of the taxes.")] | None = None
    discount: Annotated[Amount, Meta(description="Sum of the discounts.")] | None = None
    coupon: Coupon | None = None
    currency: Currency | None = None
    products: Products | None = None


class OrderProperties(OrderSums, frozen=True, kw_only=True):
    """An event about one order."""

    order_id: OrderId


class CheckoutProperties(OrderSums, frozen=True, kw_only=True):
    """A checkout, which may not have an order yet."""

    order_id: OrderId | None = None


class PaymentProperties(Struct, frozen=True, kw_only=True):
    """A payment, or an invoice to be paid."""

    order_id: OrderId | None = None
    payment_id: Annotated[Id, Meta(description="The payment service's id.")] | None = None
    subscription_id: Annotated[Id, Meta(description="Id of the subscription.")] | None = None
    total: Annotated[Amount, Meta(description="All of it: subtotal, shipping, tax.")] | None = None
    revenue: (
        Annotated[Amount, Meta(description="What the shop earns; no shipping or tax.")] | None
    ) = None
    currency: Currency | None = None
    payment_method: Annotated[str, Meta(description="How it is to be paid.")] | None = None


class CouponProperties(Struct, frozen=True, kw_only=True):
    """A coupon, and the order or cart it was meant for."""

    order_id: OrderId | None = None
    cart_id: CartId | None = None
    coupon_id: Annotated[Id, Meta(description="The shop's id of the coupon.")] | None = None
    coupon_name: (
        Annotated[str, Meta(description="Name of the coupon."), NotPii("a coupon")] | None
    ) = None
    coupon: Coupon | None = None
    discount: Annotated[Amount, Meta(description="What the coupon takes off.")] | None = None
    currency: Currency | None = None


class PromotionProperties(Struct, frozen=True, kw_only=True):
    """A promotion inside the shop: a banner, a teaser."""

    promotion_id: Annotated[Id, Meta(description="The shop's id of the promotion.")]
    creative: Annotated[str, Meta(description="Picture or text that was shown.")] | None = None
    name: (
        Annotated[str, Meta(description="Name of the promotion."), NotPii("a promotion")] | None
    ) = None
    # a place on the page has a name; a place in a list has a number
    position: Annotated[Id, Meta(description="Place on the page.")] | None = None


class CheckoutStepProperties(Struct, frozen=True, kw_only=True):
    """One step of a checkout."""

    checkout_id: CheckoutId | None = None
    order_id: OrderId | None = None
    step: Annotated[int, Meta(description="Number of the step, from 1.", ge=0)] | None = None
    shipping_method: Annotated[str, Meta(description="How it is to be sent.")] | None = None
    payment_method: Annotated[str, Meta(description="How it is to be paid.")] | None = None
