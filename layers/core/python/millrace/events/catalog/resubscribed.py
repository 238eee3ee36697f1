from __future__ import annotations

from millrace.events.definition import EventDefinition
from millrace.events.vocabulary.email import ConsentProperties


class Resubscribed(ConsentProperties, frozen=True, kw_only=True):
    """A customer who had unsubscribed wants mail again."""


event = EventDefinition(
    name="Resubscribed",
    vocabulary="e-mail",
    properties=Resubscribed,
    example={
        "email_id": "18vzF7u3z",
        "email_subject": "First order benefits",
        "campaign_id": "123",
        "campaign_name": "New Customer Discounts",
        "list_id": "4",
        "list_name": "Newsletter",
    },
)
