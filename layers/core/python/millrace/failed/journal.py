"""The journal of replays: who put which failed events back, how, when, and what became of them.

It names no customer, so that it can outlive every event that it is about.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from millrace.failed.mending import told
from millrace.failed.report import Report
from millrace.failed.task import Job, Task
from millrace.privacy.ports import Vault

MARK = 12
_canonical = msgspec.json.Encoder(order="deterministic").encode


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What the journal keeps of one step of a replay: that it began, or what came of some."""

    job: Job
    name: str
    """The same for the same failed events, so that a repeat overwrites and is counted once."""
    at: int
    where: tuple[str, ...]
    steps: tuple[str, ...]
    """The mapping without its values."""
    mapping: str
    """The same for the same mapping, values included, and tells none of them; "" without one."""
    catalogue: str
    """The `catalogue_version` by which the events were judged."""
    passed: int = 0
    failed: dict[str, int] = {}
    """Those that still fail, by code."""
    events: int = 0


class Replay(msgspec.Struct, frozen=True, kw_only=True):
    """One replay as an operator sees it."""

    job: str
    by: str
    at: int
    last_at: int
    where: tuple[str, ...]
    steps: tuple[str, ...]
    mapping: str
    catalogues: tuple[str, ...]
    """More than one where a deployment came in between."""
    passed: int
    failed: dict[str, int]
    events: int


def beginning(task: Task, *, catalogue: str, vault: Vault) -> Entry:
    """The entry that is kept before a replay changes anything."""
    steps = _canonical(task.steps).decode() if task.steps else ""
    return Entry(
        job=task.job,
        name="began",
        at=task.job.at,
        where=task.where.words(),
        steps=tuple(map(told, task.steps)),
        mapping=vault.token("mapping", steps)[:MARK] if steps else "",
        catalogue=catalogue,
    )


def outcome(began: Entry, keys: Sequence[str], report: Report, at: int) -> Entry:
    """The entry of the failed events at `keys`, which were tried and are still there."""
    digest = hashlib.blake2b("\n".join(sorted(keys)).encode(), digest_size=16).hexdigest()
    return msgspec.structs.replace(
        began,
        name=digest,
        at=at,
        passed=report.passing,
        failed=report.failing,
        events=report.events,
    )


def replays(entries: Iterable[Entry]) -> list[Replay]:
    """Every replay that has an entry, the newest first."""
    by_job: dict[str, list[Entry]] = {}
    for entry in entries:
        by_job.setdefault(entry.job.id, []).append(entry)
    return sorted(map(_replay, by_job.values()), key=lambda each: (each.at, each.job), reverse=True)


def _replay(entries: Sequence[Entry]) -> Replay:
    first = entries[0]
    failed: Counter[str] = Counter()
    for entry in entries:
        failed.update(entry.failed)
    return Replay(
        job=first.job.id,
        by=first.job.by,
        at=first.job.at,
        last_at=max(entry.at for entry in entries),
        where=first.where,
        steps=first.steps,
        mapping=first.mapping,
        catalogues=tuple(sorted({entry.catalogue for entry in entries})),
        passed=sum(entry.passed for entry in entries),
        failed=dict(failed),
        events=sum(entry.events for entry in entries),
    )
