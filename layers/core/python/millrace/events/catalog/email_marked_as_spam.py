from __future__ import annotations

from millrace.events.definition import EventDefinition
from millrace.events.vocabulary.email import EmailProperties


class EmailMarkedAsSpam(EmailProperties, frozen=True, kw_only=True):
    """A customer called a message spam."""


event = EventDefinition(
    name="Email Marked as Spam",
    vocabulary="e-mail",
    properties=EmailMarkedAsSpam,
    example={
        "email_id": "18vzF7u3z",
        "email_subject": "First order benefits",
        "campaign_id": "123",
        "campaign_name": "New Customer Discounts",
        "list_id": "4",
        "list_name": "Newsletter",
    },
)
