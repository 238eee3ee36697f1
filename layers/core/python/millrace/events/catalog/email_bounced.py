from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from millrace.events.definition import EventDefinition
from millrace.events.vocabulary.email import TroubleProperties


class EmailBounced(TroubleProperties, frozen=True, kw_only=True):
    """The customer's mail server refused a message for good, or gave up on it."""

    bounce_type: (
        Annotated[
            Literal["hard", "soft", "unknown"], Meta(description="Whether the address is dead.")
        ]
        | None
    ) = None


event = EventDefinition(
    name="Email Bounced",
    vocabulary="e-mail",
    properties=EmailBounced,
    example={
        "email_id": "18vzF7u3z",
        "email_subject": "First order benefits",
        "campaign_id": "123",
        "campaign_name": "New Customer Discounts",
        "bounce_type": "hard",
        "reason": "550 5.1.1 no such user",
        "status_code": "5.1.1",
    },
)
