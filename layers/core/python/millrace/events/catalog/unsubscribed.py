from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from millrace.events.definition import EventDefinition
from millrace.events.vocabulary.email import EmailProperties


class Unsubscribed(EmailProperties, frozen=True, kw_only=True):
    """A customer wants no more mail: of this list where one is named, else none at all."""

    method: Annotated[str, Meta(description="How: a link, one-click, a complaint.")] | None = None


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
