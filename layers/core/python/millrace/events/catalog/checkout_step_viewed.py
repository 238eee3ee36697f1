from __future__ import annotations

from millrace.events.definition import EventDefinition
from millrace.events.vocabulary.commerce import CheckoutStepProperties


class CheckoutStepViewed(CheckoutStepProperties, frozen=True, kw_only=True):
    """A customer saw a step of the checkout."""


event = EventDefinition(
    name="Checkout Step Viewed",
    vocabulary="e-commerce",
    properties=CheckoutStepViewed,
    example={
        "checkout_id": "50314b8e9bcf",
        "step": 2,
        "shipping_method": "Fedex",
        "payment_method": "Visa",
    },
)
