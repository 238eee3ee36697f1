from __future__ import annotations

from millrace.events.definition import EventDefinition
from millrace.events.vocabulary.email import EmailProperties


class EmailAutoReplied(EmailProperties, frozen=True, kw_only=True):
    """A machine answered for the customer: out of office."""


event = EventDefinition(
    name="Email Auto-Replied",
    vocabulary="e-mail",
    properties=EmailAutoReplied,
    example={
        "email_id": "18vzF7u3z",
        "email_subject": "First order benefits",
        "campaign_id": "123",
        "campaign_name": "New Customer Discounts",
    },
)
