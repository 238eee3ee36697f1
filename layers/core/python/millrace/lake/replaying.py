"""The use case: events of the lake go into the stream again, as they came the first time.

Message id, times and source are the event's own, so one that a profile has seen is a duplicate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from millrace.errors import GiveUp, NeedsHuman
from millrace.events import Event
from millrace.intake.ports import EventSink, NotAllWritten, SinkRecord
from millrace.intake.records import to_records
from millrace.lake.ports import LakeFiles, Pseudonyms, ReplayCounts, StoredEvent
from millrace.lake.rows import open_event
from millrace.privacy import Subject, Vault

CHUNK = 100


class Task(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which events of one file of `events` to replay, in the order in which they came."""

    key: str
    since: int | None = None
    """Received then or later."""
    until: int | None = None
    """Received before."""
    source: tuple[str, ...] = ()
    """Of one of these; empty: of any."""
    first: int = 0
    """How many of the file's events were looked at before."""
    most: int = 10_000
    """How many to look at."""
    rate: int = 100
    """Events per second, at most."""
    is_dry: bool = False
    """Look only: nothing is put into the stream."""

    def wants(self, row: StoredEvent) -> bool:
        if self.since is not None and row.received_at < self.since:
            return False
        if self.until is not None and row.received_at >= self.until:
            return False
        return not self.source or row.source in self.source


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Of each event that was looked at: exactly one of replayed, erased and unreadable."""

    replayed: int = 0
    """In the stream again; with a dry run: would be."""
    erased: int = 0
    """Of a subject whose key was destroyed."""
    unreadable: int = 0
    """The key of its subject does not open it: it was changed, or is not ours."""
    broken_files: int = 0
    """Files that hold no events of ours."""
    gone_files: int = 0
    """Files that expired since they were listed."""
    next: int | None = None
    """`first` of what is left of the file."""

    def plus(self, more: Report) -> Report:
        added = (getattr(self, name) + getattr(more, name) for name in _COUNTS)
        return Report(**dict(zip(_COUNTS, added, strict=True)), next=more.next)

    def counts(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in _COUNTS}


_COUNTS = tuple(name for name in Report.__struct_fields__ if name != "next")


@dataclass(frozen=True, kw_only=True, slots=True)
class ReplayDoors:
    """What `replay` works with."""

    lake: LakeFiles
    pseudonyms: Pseudonyms
    sink: EventSink
    vault: Vault
    sleep: Callable[[float], None]


def read_task(event: Mapping[str, Any]) -> Task:
    """The task in an invocation; NeedsHuman `bad_task` for what is none."""
    try:
        return msgspec.convert(event, Task)
    except msgspec.ValidationError as error:
        raise NeedsHuman("bad_task", "this is no invocation of lake/replay") from error


def replay(task: Task, doors: ReplayDoors, counts: ReplayCounts) -> Report:
    """Put the events of a task into the stream. Raises RetryLater when lake or stream fail.

    It may then be repeated as a whole: what the stream took already is a duplicate.
    """
    try:
        stored = doors.lake.read(task.key)
    except GiveUp:
        return Report(broken_files=1)
    if stored is None:
        return Report(gone_files=1)
    wanted = _in_order(filter(task.wants, stored))
    end = task.first + task.most
    report = Report()
    for chunk in _chunks(wanted[task.first : end]):
        events, found = _opened(chunk, doors.pseudonyms)
        report = report.plus(found)
        if events and not task.is_dry:
            _put(events, doors, counts)
            doors.sleep(len(events) / task.rate)
    return msgspec.structs.replace(report, next=end if end < len(wanted) else None)


def _in_order(stored: Iterable[StoredEvent]) -> list[StoredEvent]:
    """Each event once, as they were received: what somebody said of consent comes in its turn."""
    once = {(row.source, row.event_id): row for row in stored}
    return sorted(once.values(), key=lambda row: (row.received_at, row.event_id))


def _opened(rows: Sequence[StoredEvent], pseudonyms: Pseudonyms) -> tuple[list[Event], Report]:
    subjects = pseudonyms.named({row.subject for row in rows})
    events, erased, unreadable = [], 0, 0
    for row in rows:
        subject = subjects.get(row.subject, _NOBODY)
        if subject.key is None:
            erased += 1
            continue
        try:
            events.append(open_event(row.sealed, subject.key))
        except GiveUp:
            unreadable += 1
    return events, Report(replayed=len(events), erased=erased, unreadable=unreadable)


_NOBODY = Subject(stem="")


def _put(events: Sequence[Event], doors: ReplayDoors, counts: ReplayCounts) -> None:
    """Write all events; those that the stream took are counted whatever happens to the others."""
    records = to_records(events, "", doors.vault, is_from_lake=True)
    try:
        doors.sink.put(records)
    except NotAllWritten as error:
        counts.count("EventsReplayed", _events(records, error.unwritten))
        raise
    counts.count("EventsReplayed", _events(records))


def _events(records: Sequence[SinkRecord], but: frozenset[int] = frozenset()) -> int:
    return sum(record.event_count for at, record in enumerate(records) if at not in but)


def _chunks(rows: Sequence[StoredEvent]) -> Iterator[Sequence[StoredEvent]]:
    for start in range(0, len(rows), CHUNK):
        yield rows[start : start + CHUNK]
