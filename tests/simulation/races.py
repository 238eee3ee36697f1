"""Every order in which handlers can call the store, with every placement of at most one fault.

Two reads next to each other give the same in either order, so one order of them is enough.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

import msgspec

from millrace.events import Event
from millrace.identity.model import LIMITS, Limits
from millrace.profiles import seen
from millrace.profiles.drafting import ProfileRules
from millrace.profiles.ports import Conflict
from millrace.profiles.update import UpdateProfiles
from tests.core.profiles.stories import PRIORITIES, World, event
from tests.fakes.clock import MemoryClock
from tests.fakes.failed_events import MemoryFailedEvents
from tests.simulation.oracle import Verdict, compare, folded_in_one_go
from tests.simulation.table import Calm, Crash, Table
from tests.simulation.turns import Task, Turns
from tests.simulation.vault import PlainVault

READS = {"read_rows", "read_ids"}
FAULTS = {
    "read_rows": ("throttle", "crash_before", "torn_read"),
    "read_ids": ("throttle", "crash_before"),
    "keep_ids": ("throttle", "crash_before", "timeout_after", "partial_batch"),
    "write": ("throttle", "crash_before", "crash_after", "timeout_after", "lost_reply", "late"),
}
FAULTS["write_together"] = FAULTS["write"]
FAULTS["write_each"] = (*FAULTS["write"], "partial_statements")
MAX_DELIVERIES = 6


class Race(msgspec.Struct, kw_only=True):
    """Batches that are handled at the same time, after `earlier` ones were settled."""

    batches: Sequence[Sequence[Event]]
    earlier: Sequence[Sequence[Event]] = ()
    limits: Limits = LIMITS
    ring: int = seen.RING_IDS
    is_long: bool = False
    """With faults it takes more than half a minute: the default run leaves them out."""


class Choices:
    """Answers as told by `path`, then always the first; `next_path` is the one to try after it."""

    def __init__(self, path: Sequence[int]) -> None:
        self._path = path
        self._trail: list[tuple[int, int]] = []

    def of(self, count: int) -> int:
        at = len(self._trail)
        chosen = self._path[at] if at < len(self._path) else 0
        self._trail.append((chosen, count))
        return chosen

    def next_path(self) -> list[int] | None:
        trail = self._trail
        while trail and trail[-1][0] + 1 == trail[-1][1]:
            trail.pop()
        if not trail:
            return None
        path = [chosen for chosen, _ in trail]
        path[-1] += 1
        return path


class Execution:
    """`Conditions` of one order of calls."""

    def __init__(self, explorer: Explorer, choices: Choices) -> None:
        self._turns = explorer.turns
        self._choices = choices
        self._faults = explorer.faults
        self._waiting: dict[Task, str] = {}
        self._late: list[Callable[[], object]] = []
        self.calls = 0

    def before(self, call: str) -> str:
        task = self._turns.current
        assert task is not None
        self._waiting[task] = call
        self._turns.pause()
        self.calls += 1
        if not self._faults:
            return ""
        kinds = ("", *FAULTS[call])
        fault = kinds[self._choices.of(len(kinds))]
        self._faults -= bool(fault)
        return fault

    def pause(self) -> None:
        assert self._turns.current is not None
        self._waiting[self._turns.current] = "read_rows"
        self._turns.pause()

    def later(self, effect: Callable[[], object]) -> None:
        self._late.append(effect)

    def crash(self) -> None:
        raise Crash

    def run(self, works: Sequence[Callable[[], None]]) -> None:
        tasks = [self._turns.start(work) for work in works]
        for task in tasks:
            self._turns.resume(task)
        last: Task | None = None
        last_was_read = False
        while runnable := self._runnable(tasks, last, last_was_read=last_was_read):
            task = runnable[self._choices.of(len(runnable))]
            if task is None:
                self._do_late()
                last, last_was_read = None, False
                continue
            last, last_was_read = task, self._waiting[task] in READS
            self._turns.resume(task)
        for task in tasks:
            if task.error is not None:
                raise task.error

    def _runnable(
        self, tasks: Sequence[Task], last: Task | None, *, last_was_read: bool
    ) -> list[Task | None]:
        """Who may go next; None is a write that was on its way. Never empty before the end."""
        able = [task for task in tasks if not task.is_done]
        late: list[Task | None] = [None] if self._late else []
        if last is None or not last_was_read:
            return [*able, *late]
        before = set(tasks[: tasks.index(last)])
        kept = [task for task in able if not (task in before and self._waiting[task] in READS)]
        return [*kept, *late] or list(able)

    def _do_late(self) -> None:
        try:
            self._late.pop(0)()
        except Conflict:
            return  # nobody is there to be told


class Explorer:
    """Runs a race in every order and compares each end with the events folded in one go."""

    def __init__(self, race: Race, faults: int = 1) -> None:
        self.race = race
        self.faults = faults
        self.turns = Turns()
        self.executions = 0
        self.calls = 0
        self.ends: dict[bytes, Verdict] = {}
        self._vault = PlainVault()
        self._rules = ProfileRules(priorities=PRIORITIES, limits=race.limits)
        self._start = Table()
        with ring_of(race.ring):
            for batch in race.earlier:
                assert self._updating(self._start).update(_records(batch)).retry == []
        self._all = [one for batch in (*race.earlier, *race.batches) for one in batch]
        self._expected = folded_in_one_go(self._all, self._rules)

    def explore(self) -> None:
        """All of it; AssertionError with what is wrong and the path that leads there."""
        path: list[int] | None = []
        with ring_of(self.race.ring), closing(self.turns):
            while path is not None:
                choices = Choices(path)
                verdict = self._run(choices)
                self.executions += 1
                assert verdict.is_clean, (path, verdict)
                path = choices.next_path()

    def _run(self, choices: Choices) -> Verdict:
        execution = Execution(self, choices)
        table = Table(execution)
        table.rows = dict(self._start.rows)
        table.subjects.items = dict(self._start.subjects.items)
        table.blocks = {stem: dict(own) for stem, own in self._start.blocks.items()}
        updating = self._updating(table)
        execution.run([_delivering(updating, batch) for batch in self.race.batches])
        self.calls += execution.calls
        named = sorted((stem, *sorted(own)) for stem, own in table.blocks.items())
        end = msgspec.msgpack.encode([[table.rows[key] for key in sorted(table.rows)], named])
        table.conditions = Calm()
        if end not in self.ends:
            verdict = self.ends[end] = Verdict()
            compare(verdict, table, self._expected, self._all, self._rules, len(self._all))
        return self.ends[end]

    def _updating(self, table: Table) -> UpdateProfiles:
        return UpdateProfiles(
            store=table,
            vault=self._vault,
            subjects=table.subjects,
            failed_events=MemoryFailedEvents(),
            clock=MemoryClock(),
            rules=self._rules,
        )


def _records(batch: Sequence[Event]) -> list[Any]:
    world = World.__new__(World)
    world.vault = PlainVault()  # type: ignore[assignment]
    return World.records(world, *([one] for one in batch))


def _delivering(updating: UpdateProfiles, batch: Sequence[Event]) -> Callable[[], None]:
    records = _records(batch)

    def deliver() -> None:
        """Again and again, as the stream does, until it is acknowledged."""
        for _ in range(MAX_DELIVERIES):
            try:
                if not updating.update(records).retry:
                    return
            except Crash:
                continue
        raise AssertionError("a batch was never acknowledged")

    return deliver


@contextmanager
def ring_of(size: int) -> Iterator[None]:
    before = seen.RING_IDS
    seen.RING_IDS = size
    try:
        yield
    finally:
        seen.RING_IDS = before


def login(name: str, at: int, **named: str) -> Event:
    return event(name, at=at, kind="identify", **named)  # type: ignore[arg-type]


def visits(count: int, first: int = 0, user: str = "ann") -> list[Event]:
    return [event(f"{user}{at}", user=user, at=at) for at in range(first, first + count)]


TIED = [login("m1", 30, user="ann", anonymous="a1"), event("m2", user="bob", at=20)]
KNOT = [
    login("k1", 10, user="ann", email="e1@x.com"),
    login("k2", 20, user="ann", email="e2@x.com"),
    login("k3", 10, anonymous="a1", email="e3@x.com"),
    login("k4", 20, anonymous="a1", email="e4@x.com"),
    login("k5", 50, user="ann", anonymous="a1"),
    login("k6", 3, anonymous="a9", email="e8@x.com"),
]
"""Ann and a1 would have too many e-mails together. Bob was first to use one of hers, and a9, who
has no room for another, one of a1's; either alone changes nothing for the other of the two."""


def word(name: str, at: int, says: str = "block", **named: str) -> Event:
    return event(name, at=at, kind="operation", operation=f"identity.{says}", **named)  # type: ignore[arg-type]


ONE = [login("m1", 1, user="ann", anonymous="a1"), event("m2", anonymous="a1", at=2)]
PAIR = {"user": "ann", "anonymous": "a1"}
RACES: dict[str, Race] = {
    "unmerge against events": Race(
        batches=[
            [word("o1", 90, **PAIR)],
            [event("e1", anonymous="a1", at=30), event("e2", user="ann", at=31)],
        ],
        earlier=[ONE],
    ),
    "block against merge": Race(
        batches=[[word("o1", 5, **PAIR)], [login("m3", 90, user="ann", anonymous="a1")]],
        earlier=[visits(1), [event("m2", anonymous="a1", at=2)]],
    ),
    "block against allow": Race(
        batches=[[word("o1", 90, **PAIR)], [word("o2", 91, "allow", **PAIR)]], earlier=[ONE]
    ),
    "the same batch twice": Race(batches=[visits(2), visits(2)]),
    "the same batch three times": Race(batches=[visits(1)] * 3),
    "two batches of one person": Race(batches=[visits(2), visits(2, 10)], earlier=[visits(1, 20)]),
    "three batches of one person": Race(
        batches=[visits(1), visits(1, 10), visits(1, 30)],
        earlier=[visits(1, 20)],
        is_long=True,
    ),
    "two people in two batches": Race(
        batches=[
            [event("e1", user="ann"), event("e2", user="bob")],
            [event("e3", user="ann", at=9), event("e4", user="bob", at=9)],
        ],
        earlier=[visits(1)],
    ),
    "a merge against events of both": Race(
        batches=[
            [login("m1", 9, user="ann", anonymous="a1")],
            [event("e1", anonymous="a1"), event("e2", user="ann")],
        ],
        earlier=[[event("o1", user="ann"), event("o2", anonymous="a1")]],
    ),
    "a merge against a merge": Race(
        batches=[
            [login("m1", 1, user="ann", anonymous="a1")],
            [login("m2", 2, user="bob", anonymous="a1")],
        ],
    ),
    "an alias against the alias back": Race(
        batches=[
            [event("m1", user="ann", previous="bob", kind="alias", at=1)],
            [event("m2", user="bob", previous="ann", kind="alias", at=2)],
        ],
    ),
    "new names of one person": Race(
        batches=[
            [login("m1", 1, user="ann", email="e1@x.com")],
            [login("m2", 2, user="ann", anonymous="a1")],
        ],
        earlier=[visits(1)],
    ),
    "ids spill while events come": Race(
        batches=[visits(2, 10), visits(2, 20)], earlier=[visits(4)], ring=2
    ),
    "ids spill while old events come again": Race(
        batches=[visits(2, 10), visits(2)], earlier=[visits(2), visits(2, 2), visits(3, 4)], ring=2
    ),
    "a device that moves while it is used": Race(
        batches=[
            [login("m3", 5, user="bob", anonymous="a1")],
            [event("m4", anonymous="a1", at=40)],
        ],
        earlier=[TIED],
    ),
    "joined and parted while somebody reads": Race(
        batches=[
            [login("m3", 50, user="ann", email="e1@x.com")],
            [
                event("m1", anonymous="a1", email="e1@x.com", at=10),
                event("m4", anonymous="a5", email="e7@x.com", at=1),
            ],
        ],
        earlier=[
            [
                event("m1", anonymous="a1", email="e1@x.com", at=10),
                event("m2", user="ann", anonymous="a5", at=10),
            ]
        ],
        limits=Limits(email=1),
    ),
    "two merges that only together let a refused tie hold": Race(
        batches=[
            [login("m1", 1, user="bob", email="e2@x.com")],
            [login("m2", 2, anonymous="a9", email="e4@x.com")],
        ],
        earlier=[KNOT],
        limits=Limits(email=2),
        is_long=True,
    ),
}
