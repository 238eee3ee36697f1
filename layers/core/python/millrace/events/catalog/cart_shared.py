from __future__ import annotations

from msgspec import Struct

from millrace.events.definition import EventDefinition
from millrace.events.vocabulary.commerce import CartId, Products, Recipient, ShareMessage, ShareVia


class CartShared(Struct, frozen=True, kw_only=True):
    """A customer shared the cart with somebody."""

    share_via: ShareVia | None = None
    share_message: ShareMessage | None = None
    recipient: Recipient | None = None
    cart_id: CartId | None = None
    products: Products | None = None


event = EventDefinition(
    name="Cart Shared",
    vocabulary="e-commerce",
    properties=CartShared,
    example={
        "share_via": "email",
        "share_message": "Hey, check out this item",
        "recipient": "friend@example.com",
        "cart_id": "d92jd29jd92jd29j92d92jd",
        "products": [{"product_id": "507f1f77"}, {"product_id": "505bd76"}],
    },
)
