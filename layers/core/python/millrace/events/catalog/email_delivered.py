from __future__ import annotations

from millrace.events.definition import EventDefinition
from millrace.events.vocabulary.email import EmailProperties


class EmailDelivered(EmailProperties, frozen=True, kw_only=True):
    """The customer's mail server accepted a message."""


event = EventDefinition(
    name="Email Delivered",
    vocabulary="e-mail",
    properties=EmailDelivered,
    example={
        "email_id": "18vzF7u3z",
        "email_subject": "First order benefits",
        "campaign_id": "123",
        "campaign_name": "New Customer Discounts",
    },
)
