from __future__ import annotations

from millrace.events.definition import EventDefinition
from millrace.events.vocabulary.commerce import CartId, WishlistProductProperties


class WishlistProductAddedToCart(WishlistProductProperties, frozen=True, kw_only=True):
    """A customer moved a product from a wish list into the cart."""

    cart_id: CartId | None = None


event = EventDefinition(
    name="Wishlist Product Added to Cart",
    vocabulary="e-commerce",
    properties=WishlistProductAddedToCart,
    example={
        "wishlist_id": "skdjsidjsdkdj29j",
        "wishlist_name": "Loved Games",
        "product_id": "507f1f77",
        "sku": "G-32",
        "category": "Games",
        "name": "Monopoly: 3rd Edition",
        "brand": "Hasbro",
        "variant": "200 pieces",
        "price": 18.99,
        "quantity": 1,
        "position": 3,
        "url": "https://shop.example/products/g-32",
        "image_url": "https://shop.example/products/g-32.jpg",
        "cart_id": "99j2d92j9dj29dj29d2d",
    },
)
