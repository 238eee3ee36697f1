from __future__ import annotations

from millrace.events.definition import EventDefinition
from millrace.events.vocabulary.commerce import CheckoutStepProperties


class CheckoutStepCompleted(CheckoutStepProperties, frozen=True, kw_only=True):
    """A customer completed a step of the checkout."""


event = EventDefinition(
    name="Checkout Step Completed",
    vocabulary="e-commerce",
    properties=CheckoutStepCompleted,
    example={
        "checkout_id": "50314b8e9bcf",
        "step": 2,
        "shipping_method": "Fedex",
        "payment_method": "Visa",
    },
)
