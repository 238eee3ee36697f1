"""What the tracking plan says of an event, and what a source's policy makes of that."""

from __future__ import annotations

from typing import Literal

import msgspec

from millrace.errors import RejectedEvent
from millrace.events.violations import Violation

Action = Literal["keep", "flag", "fail"]
COERCED = "values_coerced"
INVALID = "event_invalid"
UNPLANNED = "event_unplanned"
VERSION_FLAG = "event_version_"
REASONS = {
    UNPLANNED: "the tracking plan has no event of this name",
    "missing_property": "not as planned: a property is required",
    "wrong_type": "not as planned: a value has another type",
    "value_not_allowed": "not as planned: a value is none of those that are allowed",
    "wrong_format": "not as planned: a text is written in another way",
    "wrong_length": "not as planned: a text or list is too long or too short",
    "out_of_range": "not as planned: a number is too large or too small",
    "unknown_event_version": "the tracking plan has no such version of this event",
}
"""What an event can fail with, of a source whose policy is to fail."""


class PlanPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of a source's events; by default nothing is ever lost."""

    unplanned: Action = "keep"
    invalid: Action = "flag"


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What the plan says of one event. Only track calls are planned: all else is `exempt`."""

    status: Literal["exempt", "valid", "invalid", "unplanned"]
    version: int = 0
    """The version that it was read as; 0 where it has none."""
    violations: tuple[Violation, ...] = ()
    flags: tuple[str, ...] = ()
    """True of the event whatever the policy: how it was read."""
    near: str = ""
    """The planned event that an unplanned name differs from only in case and separators."""


def flags_by(policy: PlanPolicy, verdict: Verdict) -> tuple[str, ...]:
    """The flags of a verdict under a policy; RejectedEvent where the policy is to fail."""
    if verdict.status == "unplanned" and policy.unplanned != "keep":
        if policy.unplanned == "flag":
            return (UNPLANNED,)
        hint = f'; did you mean "{verdict.near}"?' if verdict.near else ""
        raise RejectedEvent(UNPLANNED, f"{REASONS[UNPLANNED]}{hint}", pointer="/event")
    if verdict.status == "invalid" and policy.invalid != "keep":
        if policy.invalid == "flag":
            return (INVALID,)
        first = verdict.violations[0]
        raise RejectedEvent(first.code, f"not as planned: {first.says}", pointer=first.pointer)
    return ()
