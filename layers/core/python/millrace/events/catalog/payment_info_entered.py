from __future__ import annotations

from millrace.events.definition import EventDefinition
from millrace.events.vocabulary.commerce import CheckoutStepProperties


class PaymentInfoEntered(CheckoutStepProperties, frozen=True, kw_only=True):
    """A customer entered how to pay. Card data never belongs here."""


event = EventDefinition(
    name="Payment Info Entered",
    vocabulary="e-commerce",
    properties=PaymentInfoEntered,
    example={
        "checkout_id": "39f39fj39f3jf",
        "order_id": "dkfsjidfjsdifsdfksdjfkdsfjsdfkdsf",
        "step": 3,
        "payment_method": "Visa",
    },
)
