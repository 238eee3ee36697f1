from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from millrace.events.definition import EventDefinition
from millrace.events.vocabulary.email import TroubleProperties


class EmailDeferred(TroubleProperties, frozen=True, kw_only=True):
    """The customer's mail server asked the ESP to try again later."""

    attempt: Annotated[int, Meta(description="How many times it was tried.", ge=0)] | None = None


event = EventDefinition(
    name="Email Deferred",
    vocabulary="e-mail",
    properties=EmailDeferred,
    example={
        "email_id": "18vzF7u3z",
        "email_subject": "First order benefits",
        "campaign_id": "123",
        "campaign_name": "New Customer Discounts",
        "reason": "421 4.7.0 try again later",
        "status_code": "4.7.0",
        "attempt": 2,
    },
)
