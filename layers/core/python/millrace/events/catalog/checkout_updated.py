from __future__ import annotations

from millrace.events.definition import EventDefinition
from millrace.events.vocabulary.commerce import CheckoutProperties


class CheckoutUpdated(CheckoutProperties, frozen=True, kw_only=True):
    """A checkout that was begun was changed."""


event = EventDefinition(
    name="Checkout Updated",
    vocabulary="e-commerce",
    properties=CheckoutUpdated,
    example={"checkout_id": "50314b8e9bcf", "total": 27.5, "currency": "USD"},
)
