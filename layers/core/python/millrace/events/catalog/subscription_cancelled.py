from __future__ import annotations

from millrace.events.definition import EventDefinition
from millrace.events.vocabulary.lifecycle import Reason, SubscriptionProperties


class SubscriptionCancelled(SubscriptionProperties, frozen=True, kw_only=True):
    """A subscription will not be renewed."""

    reason: Reason | None = None


event = EventDefinition(
    name="Subscription Cancelled",
    vocabulary="lifecycle",
    properties=SubscriptionCancelled,
    example={
        "subscription_id": "sub_42",
        "plan": "business",
        "interval": "month",
        "quantity": 5,
        "revenue": 95.0,
        "currency": "EUR",
        "period_end": "2026-12-22T00:00:00Z",
        "reason": "too expensive",
    },
)
