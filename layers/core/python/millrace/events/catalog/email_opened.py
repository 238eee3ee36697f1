from __future__ import annotations

from millrace.events.definition import EventDefinition
from millrace.events.vocabulary.email import EngagementProperties


class EmailOpened(EngagementProperties, frozen=True, kw_only=True):
    """A message was opened; a machine may have done it."""


event = EventDefinition(
    name="Email Opened",
    vocabulary="e-mail",
    properties=EmailOpened,
    example={
        "email_id": "18vzF7u3z",
        "email_subject": "First order benefits",
        "campaign_id": "123",
        "campaign_name": "New Customer Discounts",
        "is_machine": False,
        "user_agent": "Mozilla/5.0",
    },
)
