from __future__ import annotations

from millrace.events.definition import EventDefinition
from millrace.events.vocabulary.commerce import CheckoutProperties


class CheckoutExpired(CheckoutProperties, frozen=True, kw_only=True):
    """A checkout that was begun can no longer be completed."""


event = EventDefinition(
    name="Checkout Expired",
    vocabulary="e-commerce",
    properties=CheckoutExpired,
    example={"checkout_id": "50314b8e9bcf", "total": 27.5, "currency": "USD"},
)
