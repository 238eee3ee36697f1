"""The items of one request sorted into events and failed events."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from millrace.errors import RejectedEvent
from millrace.events.identifiers import RULES, IdentifierRules
from millrace.events.model import Event, FailedEvent
from millrace.intake.arrivals import pack_arrival
from millrace.intake.keys import key_of
from millrace.intake.normalise import Arrival, to_event
from millrace.intake.objects import read_object
from millrace.intake.reasons import reject

MAX_EVENT_BYTES = 32_768
STAGE = "intake"
Check = Callable[[Event], Event]
"""Holds an event against the tracking plan: flags it, or raises RejectedEvent."""


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One item: the bytes that arrived, and the object in them or why there is none."""

    raw: bytes
    fields: dict[str, Any] = {}
    flags: tuple[str, ...] = ()
    error: RejectedEvent | None = None


class Sorted(msgspec.Struct, frozen=True, kw_only=True):
    events: list[Event]
    failed: list[FailedEvent]
    errors: list[RejectedEvent]
    """Why each of `failed` was rejected."""


def read_item(raw: bytes) -> Item:
    """Parse one item; what is wrong with it is remembered, not raised."""
    try:
        if len(raw) > MAX_EVENT_BYTES:
            raise reject("event_too_large")
        fields, is_changed = read_object(raw)
    except RejectedEvent as error:
        return Item(raw=raw, error=error)
    return Item(raw=raw, fields=fields, flags=("nul_removed",) if is_changed else ())


def key_in_items(items: Sequence[Item]) -> str | None:
    """The write key of the first item that names one."""
    keys = (key_of(item.fields.get("writeKey")) for item in items)
    return next((key for key in keys if key), None)


def as_it_is(event: Event) -> Event:
    """The check of a source without a tracking plan."""
    return event


def sort_items(
    items: Sequence[Item],
    arrival: Arrival,
    *,
    first: int = 0,
    check: Check = as_it_is,
    rules: IdentifierRules = RULES,
) -> Sorted:
    """Every item ends in exactly one of the two lists; `first` is the place of the first one."""
    outcome = Sorted(events=[], failed=[], errors=[])
    for position, item in enumerate(items, first):
        try:
            if item.error is not None:
                raise item.error
            event = to_event(item.fields, arrival, position, item.flags, rules)
            outcome.events.append(check(event))
        except RejectedEvent as error:
            outcome.errors.append(error)
            outcome.failed.append(failed_event(item.raw, error, arrival, position))
    return outcome


def failed_event(
    payload: bytes, error: RejectedEvent, arrival: Arrival, position: int = 0
) -> FailedEvent:
    """`payload` with the reason for which it was rejected, and all that a replay will need."""
    return FailedEvent(
        stage=STAGE,
        code=error.code,
        pointer=error.pointer,
        source=arrival.source,
        received_at=arrival.received_at,
        request_id=arrival.request_id,
        position=position,
        arrival=pack_arrival(arrival),
        payload=payload,
    )
