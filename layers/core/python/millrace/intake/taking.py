"""Take items durably: failed ones are kept, events are in the stream, then both are counted."""

from __future__ import annotations

from collections.abc import Sequence

from millrace.intake.normalise import Arrival
from millrace.intake.ports import Counts, Doors, NotAllWritten
from millrace.intake.records import to_records
from millrace.intake.sorting import Item, Sorted, sort_items


def take(items: Sequence[Item], arrival: Arrival, doors: Doors, counts: Counts) -> Sorted:
    """What became of each item, after every one of them is stored.

    When the stream does not take all, its error goes on to the sender, who will send all again;
    the events that it did take are counted, because they will be applied.
    """
    outcome = sort_items(items, arrival)
    records = to_records(outcome.events, arrival.request_id, doors.vault)
    if outcome.failed:
        doors.failed_events.keep(outcome.failed)
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
    counts.count("EventsReceived", len(items))
    counts.count("EventsFailed", len(outcome.failed))
    return outcome
