from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from millrace.events.definition import EventDefinition
from millrace.events.vocabulary.lifecycle import TrialProperties


class TrialEnded(TrialProperties, frozen=True, kw_only=True):
    """A trial came to its end."""

    converted: Annotated[bool, Meta(description="It became a subscription.")] | None = None


event = EventDefinition(
    name="Trial Ended",
    vocabulary="lifecycle",
    properties=TrialEnded,
    example={
        "trial_start_date": "2026-11-22T00:00:00Z",
        "trial_end_date": "2026-12-06T00:00:00Z",
        "trial_plan_name": "Business",
        "converted": True,
    },
)
