from __future__ import annotations

from millrace.events.definition import EventDefinition
from millrace.events.vocabulary.lifecycle import TrialProperties


class TrialEnding(TrialProperties, frozen=True, kw_only=True):
    """A trial will come to its end in a few days."""


event = EventDefinition(
    name="Trial Ending",
    vocabulary="lifecycle",
    properties=TrialEnding,
    example={
        "trial_start_date": "2026-11-22T00:00:00Z",
        "trial_end_date": "2026-12-06T00:00:00Z",
        "trial_plan_name": "Business",
    },
)
