from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from millrace.events.definition import EventDefinition
from millrace.events.vocabulary.lifecycle import SubscriptionProperties


class SubscriptionUpdated(SubscriptionProperties, frozen=True, kw_only=True):
    """A subscription changed its plan, interval or quantity."""

    previous_plan: Annotated[str, Meta(description="Plan before the change.")] | None = None


event = EventDefinition(
    name="Subscription Updated",
    vocabulary="lifecycle",
    properties=SubscriptionUpdated,
    example={
        "subscription_id": "sub_42",
        "plan": "business",
        "interval": "month",
        "quantity": 5,
        "revenue": 95.0,
        "currency": "EUR",
        "period_end": "2026-12-22T00:00:00Z",
        "previous_plan": "starter",
    },
)
