from __future__ import annotations

from millrace.events.definition import EventDefinition
from millrace.events.vocabulary.email import TroubleProperties


class EmailFailed(TroubleProperties, frozen=True, kw_only=True):
    """The ESP could not make a message, of a broken template, say."""


event = EventDefinition(
    name="Email Failed",
    vocabulary="e-mail",
    properties=EmailFailed,
    example={
        "email_id": "18vzF7u3z",
        "email_subject": "First order benefits",
        "campaign_id": "123",
        "campaign_name": "New Customer Discounts",
        "reason": "Attribute 'lastName' is missing",
    },
)
