from __future__ import annotations

from millrace.events.definition import EventDefinition
from millrace.events.vocabulary.commerce import ProductProperties, Recipient, ShareMessage, ShareVia


class ProductShared(ProductProperties, frozen=True, kw_only=True):
    """A customer told somebody of a product."""

    share_via: ShareVia | None = None
    share_message: ShareMessage | None = None
    recipient: Recipient | None = None


event = EventDefinition(
    name="Product Shared",
    vocabulary="e-commerce",
    properties=ProductShared,
    example={
        "share_via": "email",
        "share_message": "Hey, check out this item",
        "recipient": "friend@example.com",
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
    },
)
