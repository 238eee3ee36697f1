from __future__ import annotations

from millrace.events.definition import EventDefinition
from millrace.events.vocabulary.commerce import CheckoutProperties


class CheckoutStarted(CheckoutProperties, frozen=True, kw_only=True):
    """A customer began to check out."""


event = EventDefinition(
    name="Checkout Started",
    vocabulary="e-commerce",
    properties=CheckoutStarted,
    example={
        "order_id": "50314b8e9bcf",
        "affiliation": "Online shop",
        "revenue": 25.0,
        "shipping": 3,
        "tax": 2,
        "discount": 2.5,
        "coupon": "hasbros",
        "currency": "USD",
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
        "value": 30.0,
    },
)
