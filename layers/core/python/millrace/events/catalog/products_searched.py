from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from millrace.events.definition import EventDefinition


class ProductsSearched(Struct, frozen=True, kw_only=True):
    """A customer searched for products."""

    query: Annotated[str, Meta(description="What was searched for, as it was typed.")]
    results: Annotated[int, Meta(description="How many products were found.", ge=0)] | None = None


event = EventDefinition(
    name="Products Searched",
    vocabulary="e-commerce",
    properties=ProductsSearched,
    example={"query": "blue roses"},
)
