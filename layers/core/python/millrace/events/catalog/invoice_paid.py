from __future__ import annotations

from millrace.events.definition import EventDefinition
from millrace.events.vocabulary.commerce import PaymentProperties


class InvoicePaid(PaymentProperties, frozen=True, kw_only=True):
    """A customer paid an invoice."""


event = EventDefinition(
    name="Invoice Paid",
    vocabulary="e-commerce",
    properties=InvoicePaid,
    example={
        "order_id": "50314b8e9bcf",
        "payment_id": "pi_3",
        "total": 27.5,
        "currency": "USD",
        "payment_method": "Visa",
        "subscription_id": "sub_42",
    },
)
