"""Facts into the table, each exactly once, whatever fails on the way.

Every round reads again, so an unknown outcome (a time-out, a lost reply, a 5xx) is never
guessed: the ids in the row tell what was committed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

import msgspec

from millrace.clock import ENDLESS, Deadline
from millrace.errors import GiveUp, RetryLater
from millrace.privacy import Subjects, Vault
from millrace.profiles.drafting import Drafting, Unit
from millrace.profiles.facts import Fact
from millrace.profiles.keyring import Keyring
from millrace.profiles.planning import Planning, group_by_person
from millrace.profiles.ports import MAX_EACH, Conflict, ProfileStore
from millrace.profiles.snapshot import Snapshot
from millrace.profiles.tombstones import Sifting

SPARE_MS = 5_000
"""Nothing is begun with less time left: a call that hangs and its new try take about as long."""
MAX_FRUITLESS_ROUNDS = 3
"""Rounds in which nothing could be committed before the stream is asked to come again."""

MAX_CALL_BYTES = 1024 * 1024
"""Of states in one call; a larger state goes alone."""

A = TypeVar("A")
B = TypeVar("B")


class Committed(msgspec.Struct, kw_only=True):
    """What became of the facts of a batch, by their numbers; in none of these: to be retried."""

    applied: set[int] = msgspec.field(default_factory=set)
    duplicate: set[int] = msgspec.field(default_factory=set)
    blocked: set[int] = msgspec.field(default_factory=set)
    """Not kept, for want of consent."""
    erased: set[int] = msgspec.field(default_factory=set)
    """Dropped, as an erasure had come first."""
    failed: dict[int, GiveUp] = msgspec.field(default_factory=dict)
    merges_made: int = 0
    merges_refused: int = 0

    def settled(self) -> set[int]:
        """The numbers of all facts that need no retry."""
        return self.applied | self.duplicate | self.blocked | self.erased | set(self.failed)

    def add(self, unit: Unit) -> None:
        """Count a unit whose writes happened, or never can."""
        numbers = {fact.number for fact in unit.facts}
        if unit.failure is not None:
            self.failed |= dict.fromkeys(numbers, unit.failure)
            return
        self.applied |= unit.applied
        self.blocked |= unit.blocked
        self.erased |= unit.erased
        self.duplicate |= numbers - unit.applied - unit.blocked - unit.erased
        self.merges_made += unit.merges_made
        self.merges_refused += unit.merges_refused


def in_calls(units: Iterable[Unit]) -> Iterator[list[Unit]]:
    """Units of one row each together, as many as one call may carry; every other by itself."""
    call: list[Unit] = []
    size = 0
    for unit in units:
        row = unit.writes[0].row if len(unit.writes) == 1 else None
        if row is None:
            yield [unit]
            continue
        if call and (len(call) == MAX_EACH or size + len(row.state) > MAX_CALL_BYTES):
            yield call
            call, size = [], 0
        call.append(unit)
        size += len(row.state)
    if call:
        yield call


class Committing:
    """Commits facts by rounds of read, plan and write; people are independent of each other."""

    def __init__(
        self,
        *,
        store: ProfileStore,
        vault: Vault,
        subjects: Subjects,
        drafting: Drafting,
        threads: int = 1,
    ) -> None:
        self._store = store
        self._vault = vault
        self._subjects = subjects
        self._drafting = drafting
        self._threads = threads

    def commit(self, facts: Sequence[Fact], deadline: Deadline = ENDLESS) -> Committed:
        """Everything that could be committed in a bounded number of rounds before `deadline`."""
        committed = Committed()
        fruitless = 0
        while facts and fruitless < MAX_FRUITLESS_ROUNDS and deadline.left_ms() > SPARE_MS:
            done = self._round(facts, deadline)
            for unit in done:
                committed.add(unit)
            settled = committed.settled()
            facts = [fact for fact in facts if fact.number not in settled]
            fruitless = 0 if done else fruitless + 1
        return committed

    def _round(self, facts: Sequence[Fact], deadline: Deadline) -> list[Unit]:
        """The units that are settled after one read and one write per person."""
        snapshot = Snapshot(self._store, self._vault, Keyring(self._subjects.keys))
        try:
            snapshot.load_for(facts)
            facts = [fact for fact in facts if not snapshot.torn(fact.keys)]
            snapshot.load_subjects(facts)
            kept, erased = Sifting(snapshot, self._subjects).sift(facts)
            units = self._plan(group_by_person(kept, snapshot), snapshot)
            if erased:
                units.append(Unit(facts=erased, erased={fact.number for fact in erased}))
            self._store.keep_ids([block for unit in units for block in unit.blocks])
        except RetryLater:
            return []
        write = partial(self._write_in_time, deadline)
        done = self._in_threads(write, list(in_calls(units)))
        return [unit for call in done for unit in call]

    def _plan(self, groups: Iterable[list[Fact]], snapshot: Snapshot) -> list[Unit]:
        planning = Planning(self._drafting, snapshot)
        units: list[Unit] = []
        for group in groups:
            try:
                units += planning.plan(group)
            except RetryLater:  # the others go on; these are read again in the next round
                continue
        return units

    def _write_in_time(self, deadline: Deadline, call: list[Unit]) -> list[Unit]:
        """Those units of one call that are known to be written."""
        if deadline.left_ms() <= SPARE_MS:
            return []
        if len(call) == 1:
            return call if self._write(call[0]) else []
        return self._write_each(call)

    def _write_each(self, call: list[Unit]) -> list[Unit]:
        try:
            written = self._store.write_each([unit.writes[0] for unit in call])
        except RetryLater:
            return []
        return [unit for unit in call if unit.writes[0].key in written]

    def _write(self, unit: Unit) -> bool:
        """Whether the unit is known to be written; anything else is found out by reading."""
        try:
            if len(unit.writes) == 1:
                self._store.write(unit.writes[0])
            elif unit.writes:
                self._store.write_together(unit.writes)
        except (Conflict, RetryLater):
            return False
        return True

    def _in_threads(self, work: Callable[[A], B], items: Sequence[A]) -> list[B]:
        if self._threads <= 1 or len(items) <= 1:
            return [work(item) for item in items]
        with ThreadPoolExecutor(min(self._threads, len(items))) as threads:
            return list(threads.map(work, items))
