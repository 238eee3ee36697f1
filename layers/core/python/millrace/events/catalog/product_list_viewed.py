from __future__ import annotations

from msgspec import Struct

from millrace.events.definition import EventDefinition
from millrace.events.vocabulary.commerce import Category, ListId, Products


class ProductListViewed(Struct, frozen=True, kw_only=True):
    """A customer saw a list or category of products."""

    list_id: ListId | None = None
    category: Category | None = None
    products: Products | None = None


event = EventDefinition(
    name="Product List Viewed",
    vocabulary="e-commerce",
    properties=ProductListViewed,
    example={
        "list_id": "hot_deals_1",
        "category": "Deals",
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
