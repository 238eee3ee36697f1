from __future__ import annotations

from millrace.events.definition import EventDefinition
from millrace.events.vocabulary.email import ConsentProperties


class SubscriptionPreferencesUpdated(ConsentProperties, frozen=True, kw_only=True):
    """A customer chose anew which mail to get."""


event = EventDefinition(
    name="Subscription Preferences Updated",
    vocabulary="e-mail",
    properties=SubscriptionPreferencesUpdated,
    example={
        "email_id": "18vzF7u3z",
        "email_subject": "First order benefits",
        "campaign_id": "123",
        "campaign_name": "New Customer Discounts",
    },
)
