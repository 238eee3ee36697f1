from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from millrace.events.definition import EventDefinition
from millrace.events.vocabulary.commerce import Category, ListId, Products


class Choice(Struct, frozen=True, kw_only=True):
    """One filter or sort order."""

    type: Annotated[str, Meta(description="What is filtered or sorted by.")] | None = None
    value: Annotated[str | float, Meta(description="Value or direction chosen.")] | None = None


class ProductListFiltered(Struct, frozen=True, kw_only=True):
    """A customer filtered or sorted a list of products."""

    list_id: ListId | None = None
    category: Category | None = None
    filters: Annotated[tuple[Choice, ...], Meta(description="Filters in force.")] | None = None
    sorts: Annotated[tuple[Choice, ...], Meta(description="Orders in force.")] | None = None
    products: Products | None = None


event = EventDefinition(
    name="Product List Filtered",
    vocabulary="e-commerce",
    properties=ProductListFiltered,
    example={
        "list_id": "todays_deals",
        "category": "Games",
        "filters": [{"type": "price", "value": "under-25"}],
        "sorts": [{"type": "price", "value": "desc"}],
        "products": [
            {
                "product_id": "505bd76",
                "sku": "F-32",
                "name": "Uno Card Game",
                "price": 3,
                "quantity": 2,
                "category": "Games",
            }
        ],
    },
)
