from __future__ import annotations

from millrace.events.definition import EventDefinition
from millrace.events.vocabulary.commerce import PaymentProperties


class PaymentFailed(PaymentProperties, frozen=True, kw_only=True):
    """A payment was refused or did not arrive."""


event = EventDefinition(
    name="Payment Failed",
    vocabulary="e-commerce",
    properties=PaymentFailed,
    example={
        "order_id": "50314b8e9bcf",
        "payment_id": "pi_3",
        "total": 27.5,
        "currency": "USD",
        "payment_method": "Visa",
    },
)
