from __future__ import annotations

from millrace.events.definition import EventDefinition
from millrace.events.vocabulary.email import EmailProperties


class EmailQueued(EmailProperties, frozen=True, kw_only=True):
    """The ESP took a message from its sender."""


event = EventDefinition(
    name="Email Queued",
    vocabulary="e-mail",
    properties=EmailQueued,
    example={
        "email_id": "18vzF7u3z",
        "email_subject": "First order benefits",
        "campaign_id": "123",
        "campaign_name": "New Customer Discounts",
    },
)
