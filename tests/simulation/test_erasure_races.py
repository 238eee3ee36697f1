"""An erasure against events, merges, new names and a fresh consent, in every order of their calls.

Whatever the order, and with any single fault: who was erased is nowhere, who began anew is there,
each event is in one place, and everything that comes again is dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any
from unittest.mock import patch

import msgspec
import pytest

from millrace.erasure import Erasing, ErasingPorts, entombing, open_erasure
from millrace.errors import RetryLater
from millrace.events import Event
from millrace.privacy.subjects import epoch_in
from millrace.profiles import tombstones
from millrace.profiles.drafting import ProfileRules
from millrace.profiles.encoding import unseal
from millrace.profiles.facts import Fact
from millrace.profiles.update import Outcome, UpdateProfiles
from tests.core.erasure.stage import REMAINS_HOURS
from tests.core.profiles.stories import NOON, PRIORITIES, event
from tests.fakes.clock import MemoryClock
from tests.fakes.deliveries import MemoryDeliveries
from tests.fakes.erasures import MemoryErasures, MemoryForgetting
from tests.fakes.failed_events import MemoryFailedEvents
from tests.fakes.ledger import MemoryLedger
from tests.fakes.subjects import Counter, MemorySubjects
from tests.fakes.suppressions import MemorySuppressions
from tests.simulation.races import MAX_DELIVERIES, Choices, Execution, _records, login
from tests.simulation.table import Calm, Crash, Table
from tests.simulation.turns import Turns
from tests.simulation.vault import PlainVault

HOUR = 3_600_000
VAULT = PlainVault()
RULES = ProfileRules(priorities=PRIORITIES)


class ErasureRace(msgspec.Struct, kw_only=True):
    """Batches that are handled while `who` is erased."""

    earlier: Sequence[Event]
    batches: Sequence[Sequence[Event]]
    who: tuple[str, str] = ("user_id", "ann")
    gone: Sequence[tuple[str, str]]
    """Who must have a tombstone in the end."""


def consenting(name: str, **named: Any) -> Event:
    one = event(name, at=2 * HOUR, **named)
    banner = {"consent": {"categoryPreferences": {"analytics": True}}}
    return msgspec.structs.replace(one, context=banner)


BOTH = [login("o1", 1, user="ann", anonymous="a1"), event("o2", user="bob", at=2)]
ANN = [("user_id", "ann"), ("anonymous_id", "a1")]
RACES = {
    "erase against events": ErasureRace(
        earlier=BOTH, batches=[[event("e1", anonymous="a1", at=9)]], gone=ANN
    ),
    "erase against a new name": ErasureRace(
        earlier=BOTH,
        batches=[[login("n1", 9, user="ann", email="ann@x.com")]],
        gone=ANN,
    ),
    "erase against a merge": ErasureRace(
        earlier=[*BOTH, event("o3", anonymous="a2", at=3)],
        batches=[[login("m1", 9, user="ann", anonymous="a2")]],
        gone=ANN,
    ),
    "erase against the first event": ErasureRace(
        earlier=[event("o2", user="bob", at=2)],
        batches=[[event("f1", user="ann", at=9)]],
        gone=[("user_id", "ann")],
    ),
    "erase against a neighbour's tie": ErasureRace(
        earlier=BOTH,
        batches=[[login("t1", 9, user="bob", anonymous="a1")]],
        gone=ANN,
    ),
    "erase against a fresh consent": ErasureRace(
        earlier=[event("o1", user="ann", at=1)],
        batches=[[consenting("c1", user="ann")], [event("e1", user="ann", at=9)]],
        gone=[],
    ),
    "erase against a later event": ErasureRace(
        earlier=[event("o1", user="ann", at=1)],
        batches=[[event("l1", user="ann", at=2 * HOUR)]],
        gone=[("user_id", "ann")],
    ),
}


class Explorer:
    """Runs a race in every order; what it needs of `races.Explorer` is here."""

    def __init__(self, race: ErasureRace, faults: int) -> None:
        self.race = race
        self.faults = faults
        self.turns = Turns()
        self.executions = 0
        self._start = Table()
        outcome = updating_of(self._start).update(_records(race.earlier))
        assert outcome.retry == []

    def explore(self) -> None:
        path: list[int] | None = []
        with closing(self.turns):
            while path is not None:
                choices = Choices(path)
                self._run(choices, path)
                self.executions += 1
                path = choices.next_path()

    def _run(self, choices: Choices, path: list[int]) -> None:
        execution = Execution(self, choices)  # type: ignore[arg-type]
        table = Table(execution)
        table.rows = dict(self._start.rows)
        table.subjects.items = dict(self._start.subjects.items)
        table.subjects.before = _turned(execution)
        erasing, name = erasing_of(table, self.race.who)
        counted: list[Outcome] = []
        execution.run(
            [
                lambda: _erase(erasing, name),
                *(_deliver(table, batch, counted) for batch in self.race.batches),
            ]
        )
        table.conditions = Calm()
        table.subjects.before = lambda call: None
        problems = judge(self.race, table, counted)
        assert problems == [], (path, problems)


def _turned(execution: Execution) -> Callable[[str], None]:
    """Others may go before a key is destroyed or begun anew; the call itself does not fail."""

    def before(call: str) -> None:
        if call in {"erase_subjects", "renew_subject"}:
            execution.pause()

    return before


def updating_of(table: Table) -> UpdateProfiles:
    return UpdateProfiles(
        store=table,
        vault=VAULT,
        subjects=table.subjects,
        failed_events=MemoryFailedEvents(),
        clock=MemoryClock(),
        rules=RULES,
    )


def erasing_of(table: Table, who: tuple[str, str]) -> tuple[Erasing, str]:
    clock = MemoryClock(NOON + HOUR)
    erasures = MemoryErasures()
    ports = ErasingPorts(
        erasures=erasures,
        rows=table,  # type: ignore[arg-type]
        subjects=table.subjects,
        deliveries=MemoryDeliveries(),
        suppressions=MemorySuppressions(),
        holders=[],
        remains_hours=REMAINS_HOURS,
        destinations=MemoryForgetting("klaviyo"),
        ledger=MemoryLedger(clock),
        vault=VAULT,
        clock=clock,
    )
    asked = open_erasure(
        *who, by="x", erasures=erasures, vault=VAULT, clock=clock, randomness=Counter()
    )
    return Erasing(ports), asked.id


def _erase(erasing: Erasing, name: str) -> None:
    """Both passes, each again and again, as the queue does."""
    for number in range(MAX_DELIVERIES):
        try:
            found = erasing.run(name, is_late=number > 0)
            if found is not None and found.is_done:
                return
        except (Crash, RetryLater):
            continue
    raise AssertionError("the erasure never ends")


def _deliver(table: Table, batch: Sequence[Event], counted: list[Outcome]) -> Callable[[], None]:
    updating, records = updating_of(table), _records(batch)

    def deliver() -> None:
        for _ in range(MAX_DELIVERIES):
            try:
                outcome = updating.update(records)
            except Crash:
                continue
            if not outcome.retry:
                counted.append(outcome)
                return
        raise AssertionError("a batch was never acknowledged")

    return deliver


def key_of(name: tuple[str, str]) -> str:
    return f"i#{name[0]}#{VAULT.token(*name)}"


def judge(race: ErasureRace, table: Table, counted: Sequence[Outcome]) -> list[str]:
    """What is wrong in the end."""
    problems = []
    gone = {key_of(name) for name in race.gone}
    for key in gone:
        if key not in table.rows or not table.rows[key].is_tombstone:
            problems.append(f"{key} has no tombstone")
        if not table.subjects.items[key].is_erased:
            problems.append(f"{key} still has a key")
    for row in table.rows.values():
        outer = unseal(row, VAULT) if row.state else None
        if outer and gone & {*outer.keys, *(stem.key for stem in outer.stems)}:
            problems.append(f"{row.key} still counts the erased as its own")
        for stem in outer.stems if outer else ():
            subject = table.subjects.items[stem.key]
            if subject.is_erased or subject.epoch != epoch_in(stem.sealed):
                problems.append(f"{stem.key} cannot be opened, though nobody erased it")
    events = [one for batch in race.batches for one in batch]
    placed = sum(one.applied + one.erased + one.duplicate for one in counted)
    if placed != len(events):
        problems.append(f"{placed} of {len(events)} events are in a place")
    return problems + _again(race, table, [*race.earlier, *events])


def _again(race: ErasureRace, table: Table, events: Sequence[Event]) -> list[str]:
    """Everything comes again: no old event of the erased is let in."""
    before = {key: row for key, row in table.rows.items() if row.is_tombstone}
    old = [one for one in events if one.received_at <= NOON + HOUR]
    own = {("user_id", "ann"), ("anonymous_id", "a1")}
    named = [one for one in old if {(i.kind, i.value) for i in one.identifiers} & own]
    outcome = updating_of(table).update(_records(named))
    problems = [] if outcome.erased == len(named) else [f"{outcome} of {len(named)} old events"]
    if any(table.rows[key] != row for key, row in before.items()):
        problems.append("a tombstone was written over by an old event")
    return problems


@pytest.mark.parametrize("name", RACES)
def test_every_order_of_calls_ends_with_nobody_back(name: str) -> None:
    explorer = Explorer(RACES[name], faults=0)
    explorer.explore()
    assert explorer.executions >= 10


@pytest.mark.slow
@pytest.mark.parametrize("name", RACES)
def test_every_order_of_calls_with_every_single_fault_ends_with_nobody_back(name: str) -> None:
    Explorer(RACES[name], faults=1).explore()


@contextmanager
def _deleting() -> Iterator[None]:
    """Delete instead of tombstone: a late writer finds nothing in its way."""

    def commit(self: Table, call: str, writes: Sequence[Any]) -> None:
        real(self, call, writes)
        for write in writes:
            if write.row is not None and write.row.is_tombstone:
                del self.rows[write.key]

    real = Table._commit
    with (
        patch.object(Table, "_commit", commit),
        patch.object(tombstones.Sifting, "_mark", lambda *_, **__: tombstones.Mark(0, False)),
    ):
        yield


MISTAKES: dict[str, tuple[str, Callable[[], Any]]] = {
    "rows_are_deleted_instead_of_tombstoned": ("erase against events", _deleting),
    "events_from_before_the_erasure_are_applied": (
        "erase against events",
        lambda: patch.object(tombstones.Sifting, "_is_erased", lambda self, fact: False),
    ),
    "the_names_of_the_person_keep_their_rows": (
        "erase against events",
        lambda: patch.object(entombing, "tombstones", _root_only),
    ),
    "the_keys_are_not_destroyed": (
        "erase against events",
        lambda: patch.object(MemorySubjects, "erase", lambda self, stems, since, erased_at: 0),
    ),
    "who_began_anew_loses_the_new_key": (
        "erase against a fresh consent",
        lambda: patch.object(MemorySubjects, "erase", _erase_whatever),
    ),
    "a_later_event_needs_no_consent": (
        "erase against a later event",
        lambda: patch.object(Fact, "grants", property(lambda self: True)),
    ),
}


def _root_only(keys: Any, people: Any, snapshot: Any, since: int, at: int) -> Iterator[Any]:
    for group in real_tombstones(keys, people, snapshot, since, at):
        yield group[:1]


def _erase_whatever(self: MemorySubjects, stems: Any, since: int, erased_at: int) -> int:
    return real_erase(self, stems, since=1 << 60, erased_at=erased_at)


real_tombstones, real_erase = entombing.tombstones, MemorySubjects.erase


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_caught(mistake: str) -> None:
    name, planted = MISTAKES[mistake]
    explorer = Explorer(RACES[name], faults=0)
    with planted(), pytest.raises((AssertionError, KeyError)):
        explorer.explore()
