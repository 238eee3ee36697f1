from __future__ import annotations

from millrace.events.definition import EventDefinition
from millrace.events.vocabulary.email import ConsentProperties


class Unsubscribed(ConsentProperties, frozen=True, kw_only=True):
    """A customer wants no more mail: of this list where one is named, else none at all."""


event = EventDefinition(
    name="Unsubscribed",
    vocabulary="e-mail",
    properties=Unsubscribed,
    example={
        "email_id": "18vzF7u3z",
        "email_subject": "First order benefits",
        "campaign_id": "123",
        "campaign_name": "New Customer Discounts",
        "list_id": "4",
        "list_name": "Newsletter",
        "method": "one-click",
    },
)
