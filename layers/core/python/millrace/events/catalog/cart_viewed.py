from __future__ import annotations

from msgspec import Struct

from millrace.events.definition import EventDefinition
from millrace.events.vocabulary.commerce import CartId, Products


class CartViewed(Struct, frozen=True, kw_only=True):
    """A customer looked at the cart."""

    cart_id: CartId | None = None
    products: Products | None = None


event = EventDefinition(
    name="Cart Viewed",
    vocabulary="e-commerce",
    properties=CartViewed,
    example={
        "cart_id": "d92jd29jd92jd",
        "products": [
            {
                "product_id": "507f1f77",
                "sku": "G-32",
                "name": "Monopoly: 3rd Edition",
                "price": 19,
                "quantity": 1,
                "category": "Games",
            },
            {
                "product_id": "505bd76",
                "sku": "F-32",
                "name": "Uno Card Game",
                "price": 3,
                "quantity": 2,
                "category": "Games",
            },
        ],
    },
)
