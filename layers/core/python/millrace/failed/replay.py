"""The use case: failed events that are usable now go back into the stream, once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from millrace.errors import NeedsHuman
from millrace.events.model import Event
from millrace.failed.mending import Step
from millrace.failed.model import KeptEvent
from millrace.failed.ports import Counts, ReplayDoors
from millrace.failed.report import Report
from millrace.failed.reviving import Revived, revive
from millrace.failed.selecting import Where
from millrace.intake.ports import NotAllWritten, SinkRecord
from millrace.intake.records import to_records
from millrace.intake.taking import COLLISION

CHUNK = 100


class Task(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to do with each failed event of a list."""

    where: Where = Where()
    steps: tuple[Step, ...] = ()
    is_dry: bool = False
    """Look only: nothing is put into the stream and nothing is moved."""
    rate: int = 0
    """Most events per second; 0 where the caller paces itself."""


class _Invocation(msgspec.Struct, frozen=True):
    """A batch as a distributed map hands it over: ItemReader's objects and ItemBatcher's input."""

    class _Input(msgspec.Struct, frozen=True):
        task: Task

    class _Item(msgspec.Struct, frozen=True):
        Key: str

    BatchInput: _Input
    Items: list[_Item]


def invocation(task: Task, keys: Sequence[str]) -> dict[str, Any]:
    """The event that a distributed map would invoke functions/intake/replay with."""
    batch = {"task": msgspec.to_builtins(task)}
    return {"BatchInput": batch, "Items": [{"Key": key} for key in keys]}


def read_invocation(event: Mapping[str, Any]) -> tuple[Task, list[str]]:
    """The task and the keys in an invocation; NeedsHuman `bad_task` for what is none."""
    try:
        found = msgspec.convert(event, _Invocation)
    except msgspec.ValidationError as error:
        raise NeedsHuman("bad_task", "this is no invocation of intake/replay") from error
    return found.BatchInput.task, [item.Key for item in found.Items]


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
        if found.passing and not task.is_dry:
            _put([revived for _, revived in found.passing], found.request_ids(), doors, counts)
            doors.store.settle([kept for kept, _ in found.passing], doors.clock.now_ms())
            counts.count("EventsRecovered", len(found.passing))
        if task.rate and found.report.events and not task.is_dry:
            doors.sleep(found.report.events / task.rate)
    return report


class _Found(msgspec.Struct, frozen=True):
    passing: list[tuple[KeptEvent, Revived]]
    report: Report

    def request_ids(self) -> list[str]:
        return [kept.failed.request_id for kept, _ in self.passing]


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
    return _Found(passing, report)


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
