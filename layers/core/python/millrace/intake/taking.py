"""Take items durably: failed ones are kept, events are in the stream, then both are counted."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from millrace.errors import RejectedEvent
from millrace.events.model import Event, FailedEvent
from millrace.intake.normalise import Arrival
from millrace.intake.ports import Counts, Doors, NotAllWritten
from millrace.intake.reasons import reject
from millrace.intake.recent import Judgement, Repeat, judge
from millrace.intake.records import to_records
from millrace.intake.sorting import Item, Sorted, failed_event, sort_items

COLLISION = "message_id_collision"


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """Where each item of a request is now; every one of them is stored."""

    events: list[Event]
    """In the stream, in their order."""
    repeats: list[Repeat]
    """What each of `events` is, as far as this sandbox knows: accepted or duplicate."""
    failed: list[FailedEvent]
    errors: list[RejectedEvent]
    """Why items were rejected; a collision is none of these, its sender did nothing wrong now."""


def take(items: Sequence[Item], arrival: Arrival, doors: Doors, counts: Counts) -> Taken:
    """What became of the items, after every one of them is stored.

    When the stream does not take all, its error goes on to the sender, who will send all again;
    the events that it did take are counted, because they will be applied.
    """
    outcome = sort_items(items, arrival, check=doors.check, rules=doors.rules)
    judgement = judge(outcome.events, doors.recent)
    taken = _parted(items, arrival, outcome, judgement)
    records = to_records(taken.events, arrival.request_id, doors.vault)
    if taken.failed:
        doors.failed_events.keep(taken.failed)
    try:
        if records:
            doors.sink.put(records)
    except NotAllWritten as error:
        written = (
            record.event_count
            for position, record in enumerate(records)
            if position not in error.unwritten
        )
        counts.count("EventsReceived", sum(written))
        raise
    doors.recent.remember(judgement.digests)
    counts.count("EventsReceived", len(items))
    counts.count("EventsFailed", len(taken.failed))
    return taken


def _parted(
    items: Sequence[Item], arrival: Arrival, outcome: Sorted, judgement: Judgement
) -> Taken:
    """Collisions apart from the other events: the stream would drop them as duplicates."""
    repeats, failed = judgement.repeats, outcome.failed
    if "collision" not in repeats:
        return Taken(events=outcome.events, repeats=repeats, failed=failed, errors=outcome.errors)
    rejected = {event.position for event in failed}
    places = [place for place in range(len(items)) if place not in rejected]
    judged = list(zip(places, outcome.events, repeats, strict=True))
    collisions = [
        failed_event(items[place].raw, reject(COLLISION, "/messageId"), arrival, place)
        for place, _, repeat in judged
        if repeat == "collision"
    ]
    kept = [(event, repeat) for _, event, repeat in judged if repeat != "collision"]
    return Taken(
        events=[event for event, _ in kept],
        repeats=[repeat for _, repeat in kept],
        failed=[*failed, *collisions],
        errors=outcome.errors,
    )
