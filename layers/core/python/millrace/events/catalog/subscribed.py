from __future__ import annotations

from millrace.events.definition import EventDefinition
from millrace.events.vocabulary.email import ConsentProperties


class Subscribed(ConsentProperties, frozen=True, kw_only=True):
    """A customer wants mail: of this list where one is named."""


event = EventDefinition(
    name="Subscribed",
    vocabulary="e-mail",
    properties=Subscribed,
    example={
        "email_id": "18vzF7u3z",
        "email_subject": "First order benefits",
        "campaign_id": "123",
        "campaign_name": "New Customer Discounts",
        "list_id": "4",
        "list_name": "Newsletter",
    },
)
