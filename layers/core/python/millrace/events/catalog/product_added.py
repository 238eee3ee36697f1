from __future__ import annotations

from millrace.events.definition import EventDefinition
from millrace.events.vocabulary.commerce import CartProductProperties


class ProductAdded(CartProductProperties, frozen=True, kw_only=True):
    """A customer put a product into the cart."""


event = EventDefinition(
    name="Product Added",
    vocabulary="e-commerce",
    properties=ProductAdded,
    example={
        "cart_id": "skdjsidjsdkdj29j",
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
        "currency": "USD",
        "coupon": "MAYDEALS",
        "value": 18.99,
    },
)
