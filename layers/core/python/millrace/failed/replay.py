"""The use case: failed events that are usable now go back into the stream, once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from millrace.events.model import Event
from millrace.failed.journal import beginning, outcome
from millrace.failed.model import KeptEvent
from millrace.failed.ports import Counts, ReplayDoors
from millrace.failed.report import Report
from millrace.failed.reviving import Revived, revive
from millrace.failed.task import CHUNK, Task
from millrace.intake.ports import NotAllWritten, SinkRecord
from millrace.intake.records import to_records
from millrace.intake.taking import COLLISION


def replay(keys: Sequence[str], task: Task, doors: ReplayDoors, counts: Counts) -> Report:
    """Try the failed events at `keys` again; those that pass are in the stream, then moved.

    A crash between the two leaves an event that is tried once more: its message id is the same,
    so its profile does not change. Raises RetryLater when stream or store do not take part; what
    was moved until then stays moved.
    """
    report = Report()
    for chunk in _chunks(keys):
        found = _look(chunk, task, doors)
        report = report.plus(found.report)
        if found.tried and not task.is_dry:
            _carry_out(found, task, doors, counts)
        if task.rate and found.report.events and not task.is_dry:
            doors.sleep(found.report.events / task.rate)
    return report


class _Found(msgspec.Struct, frozen=True):
    tried: list[str]
    """The keys of those that are selected and still there."""
    passing: list[tuple[KeptEvent, Revived]]
    report: Report

    def request_ids(self) -> list[str]:
        return [kept.failed.request_id for kept, _ in self.passing]


def _carry_out(found: _Found, task: Task, doors: ReplayDoors, counts: Counts) -> None:
    """Put, keep what came of it, then move: a crash in between is counted once in the journal."""
    began = beginning(task, catalogue=doors.catalogue(), vault=doors.vault)
    doors.journal.keep(began)
    if found.passing:
        _put([revived for _, revived in found.passing], found.request_ids(), doors, counts)
    now_ms = doors.clock.now_ms()
    doors.journal.keep(outcome(began, found.tried, found.report, now_ms))
    if found.passing:
        doors.store.settle([kept for kept, _ in found.passing], now_ms, task.job.id)
        counts.count("EventsRecovered", len(found.passing))


def _look(keys: Sequence[str], task: Task, doors: ReplayDoors) -> _Found:
    passing: list[tuple[KeptEvent, Revived]] = []
    failing: Counter[str] = Counter()
    kept = doors.store.read(keys)
    selected = [each for each in kept if each is not None and task.where.matches(each.failed)]
    for each in selected:
        if each.failed.code == COLLISION and COLLISION not in task.where.code:
            failing[COLLISION] += 1  # whether it is another event, only a person can say
            continue
        revived = revive(each, task.steps, doors)
        if revived.code:
            failing[revived.code] += 1
        else:
            passing.append((each, revived))
    gone = sum(each is None for each in kept)
    report = Report(
        passing=len(passing),
        failing=dict(failing),
        other=len(keys) - len(selected) - gone,
        gone=gone,
        events=sum(len(revived.events) for _, revived in passing),
        changes=dict(Counter(change for _, revived in passing for change in revived.changes)),
        labels=dict(Counter(event.label for _, revived in passing for event in revived.events)),
    )
    return _Found([each.key for each in selected], passing, report)


def _put(
    revived: Sequence[Revived], request_ids: Sequence[str], doors: ReplayDoors, counts: Counts
) -> None:
    """Write all events; those that the stream took are counted whatever happens to the others."""
    by_request: dict[str, list[Event]] = {}
    for request_id, each in zip(request_ids, revived, strict=True):
        by_request.setdefault(request_id, []).extend(each.events)
    records: list[SinkRecord] = []
    for request_id, events in by_request.items():
        records += to_records(events, request_id, doors.vault)
    try:
        doors.sink.put(records)
    except NotAllWritten as error:
        written = (r.event_count for n, r in enumerate(records) if n not in error.unwritten)
        counts.count("EventsReplayed", sum(written))
        raise
    counts.count("EventsReplayed", sum(record.event_count for record in records))


def _chunks(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(keys), CHUNK):
        yield keys[start : start + CHUNK]
