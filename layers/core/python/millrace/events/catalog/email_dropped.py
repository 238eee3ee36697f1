from __future__ import annotations

from millrace.events.definition import EventDefinition
from millrace.events.vocabulary.email import TroubleProperties


class EmailDropped(TroubleProperties, frozen=True, kw_only=True):
    """The ESP did not even try to send a message, because of an earlier bounce, say."""


event = EventDefinition(
    name="Email Dropped",
    vocabulary="e-mail",
    properties=EmailDropped,
    example={
        "email_id": "18vzF7u3z",
        "email_subject": "First order benefits",
        "campaign_id": "123",
        "campaign_name": "New Customer Discounts",
        "reason": "Bounced Address",
    },
)
