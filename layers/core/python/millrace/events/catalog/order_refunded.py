from __future__ import annotations

from millrace.events.definition import EventDefinition
from millrace.events.vocabulary.commerce import OrderProperties


class OrderRefunded(OrderProperties, frozen=True, kw_only=True):
    """An order was refunded, wholly or for the products named."""


event = EventDefinition(
    name="Order Refunded",
    vocabulary="e-commerce",
    properties=OrderRefunded,
    example={
        "order_id": "50314b8e9bcf",
        "total": 30,
        "currency": "USD",
        "products": [
            {
                "product_id": "507f1f77",
                "sku": "G-32",
                "name": "Monopoly: 3rd Edition",
                "price": 19,
                "quantity": 1,
                "category": "Games",
            }
        ],
    },
)
