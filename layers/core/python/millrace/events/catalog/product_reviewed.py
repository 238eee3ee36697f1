from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from millrace.events.definition import EventDefinition, Pii
from millrace.events.vocabulary.commerce import Id, ProductId


class ProductReviewed(Struct, frozen=True, kw_only=True):
    """A customer wrote a review of a product."""

    product_id: ProductId
    review_id: Annotated[Id, Meta(description="The shop's id of the review.")] | None = None
    review_body: Annotated[str, Meta(description="What was written."), Pii("text")] | None = None
    rating: Annotated[float, Meta(description="Mark that was given.", ge=0, le=100)] | None = None


event = EventDefinition(
    name="Product Reviewed",
    vocabulary="e-commerce",
    properties=ProductReviewed,
    example={
        "product_id": "507f1f77",
        "review_id": "kdfjrj39fj39jf3",
        "review_body": "I love this product",
        "rating": 5,
    },
)
