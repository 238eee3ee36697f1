from __future__ import annotations

from millrace.events.definition import EventDefinition
from millrace.events.vocabulary.email import EmailProperties


class EmailSent(EmailProperties, frozen=True, kw_only=True):
    """A message was handed to the ESP, or the ESP took it up."""


event = EventDefinition(
    name="Email Sent",
    vocabulary="e-mail",
    properties=EmailSent,
    example={
        "email_id": "18vzF7u3z",
        "email_subject": "First order benefits",
        "campaign_id": "123",
        "campaign_name": "New Customer Discounts",
    },
)
