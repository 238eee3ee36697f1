"""Every order in which tasks can make their calls, with every placement of at most one fault.

Two calls commute unless one writes what the other reads or writes. Of orders that differ only in
calls that commute one is enough (sleep sets), and what follows from the same state of everything
is explored once. Neither leaves out an end: see the tests of this file.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol

import msgspec

from millrace.profiles.ports import Conflict
from tests.simulation.conditions import Items
from tests.simulation.faults import REFUSED, UNSURE
from tests.simulation.turns import Task, Turns

READS = frozenset(
    {
        "read_rows",
        "read_ids",
        "read_subjects",
        "read_deliveries",
        "read_erasure",
        "read_suppressions",
        "read_ledger",
    }
)
FAULTS: Mapping[str, Sequence[str]] = {
    "read_rows": (*REFUSED, "torn_read"),
    "keep_ids": (*REFUSED, "timeout_after", "partial_batch"),
    "write": (*UNSURE, "lost_reply", "late"),
    "write_together": (*UNSURE, "lost_reply", "late"),
    "write_each": (*UNSURE, "lost_reply", "late", "partial_statements"),
    "tell": (*UNSURE, "late"),
    "replace_delivery": (*UNSURE, "late"),
}
"""By call; every other is refused if it reads, and done without an answer if it writes."""
LATE = -1
"""The place of a write that was on its way, among tasks."""
_encode = msgspec.msgpack.Encoder(order="deterministic", enc_hook=lambda key: 0).encode


class Choices:
    """Answers as told by `path`, then always the first; `next_path` is the one to try after it."""

    def __init__(self, path: Sequence[int]) -> None:
        self._path = path
        self._trail: list[tuple[int, int]] = []

    @property
    def is_new(self) -> bool:
        """Whether everything that was told is chosen: nobody has been here."""
        return len(self._trail) >= len(self._path)

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


class Step(msgspec.Struct, frozen=True):
    """What a task does when it goes on."""

    call: str
    items: frozenset[str]

    def commutes(self, other: Step) -> bool:
        """Making subjects commutes as well: whoever is second finds what it would have made."""
        if self.call in READS and other.call in READS:
            return True
        return self.call == other.call == "make_subjects" or not self.items & other.items


class World(Protocol):
    """What is shared by the tasks of one execution, and what is made of it in the end."""

    @property
    def stores(self) -> Mapping[str, Mapping[str, object]]:
        """Everything that outlives a task: kind of item to name to content."""
        ...

    def tasks(self) -> Sequence[Callable[[], None]]: ...

    def told(self) -> object:
        """What the tasks that are done have answered: it is a part of the end."""
        ...

    def judge(self) -> Sequence[str]:
        """What is wrong in the end."""
        ...


class Seen:
    """Which states were met, and what came of the ends."""

    def __init__(self, *, is_reduced: bool) -> None:
        self.is_reduced = is_reduced
        self.states: set[int] = set()
        self.ends: dict[bytes, Sequence[str]] = {}
        self.calls = 0


class Execution:
    """`Conditions` of one order of calls."""

    def __init__(self, turns: Turns, choices: Choices, faults: int, seen: Seen) -> None:
        self.turns = turns
        self._choices = choices
        self._faults = faults
        self._seen = seen
        self._waiting: dict[Task, Step | None] = {}
        self._past: dict[Task, int] = {}
        self._late: list[tuple[Step, Callable[[], object]]] = []
        self._world: World | None = None

    # -- asked by the tasks ----------------------------------------------------------------------

    def before(self, call: str, items: Items) -> str:
        self._step(Step(call, frozenset(items)))
        if not self._faults:
            return ""
        kinds = ("", *FAULTS.get(call, REFUSED if call in READS else UNSURE))
        fault = kinds[self._choices.of(len(kinds))]
        self._faults -= bool(fault)
        self._note(fault)
        return fault

    def pause(self, items: Items) -> None:
        self._step(Step("read_rows", frozenset(items)))

    def later(self, effect: Callable[[], object]) -> None:
        step = self._waiting[self._task]
        assert step is not None
        self._late.append((step, effect))

    def begin_again(self, number: int) -> None:
        """The task keeps nothing of what it has learned, only that it is its try `number`."""
        self._past[self._task] = number

    def until_alone(self) -> None:
        """Go on when every other task is done, and nothing is on its way."""
        self._waiting[self._task] = None
        self.turns.pause()
        self._note("alone")

    @property
    def _task(self) -> Task:
        assert self.turns.current is not None
        return self.turns.current

    def _step(self, step: Step) -> None:
        self._waiting[self._task] = step
        self.turns.pause()
        self._seen.calls += 1
        self._note(step.call, *(_encode(self._content(item)) for item in sorted(step.items)))

    def _content(self, item: str) -> object:
        kind, _, name = item.partition(" ")
        assert self._world is not None
        store = self._world.stores[kind]
        return store if name == "*" else store.get(name)

    def _note(self, *what: object) -> None:
        """A task knows what its calls have told it, and nothing else."""
        self._past[self._task] = hash((self._past.get(self._task, 0), what))

    # -- the schedule ----------------------------------------------------------------------------

    def run(self, world: World) -> bool:
        """Whether it came to an end that was not met before on another way."""
        self._world = world
        tasks = [self.turns.start(work) for work in world.tasks()]
        for task in tasks:
            self.turns.resume(task)
        asleep: frozenset[int] = frozenset()
        while able := self._able(tasks):
            awake = [place for place in able if place not in asleep]
            if not awake or self._is_known(tasks, asleep):
                for task in tasks:
                    self.turns.kill(task)
                return False
            at = self._choices.of(len(awake))
            place, step = awake[at], able[awake[at]]
            if self._seen.is_reduced:
                asleep = frozenset(
                    other
                    for other in (*asleep, *awake[:at])
                    if step and (theirs := able[other]) and step.commutes(theirs)
                )
            self._go(tasks, place)
        for task in tasks:
            if task.error is not None:
                raise task.error
        return True

    def _able(self, tasks: Sequence[Task]) -> dict[int, Step | None]:
        """Who may go next, by place, and what they would do. Empty at the end."""
        left = {place: self._waiting[one] for place, one in enumerate(tasks) if not one.is_done}
        if self._late:
            left[LATE] = self._late[0][0]
        busy = {place: step for place, step in left.items() if step is not None}
        return dict(busy) or dict(list(left.items())[:1])

    def _is_known(self, tasks: Sequence[Task], asleep: frozenset[int]) -> bool:
        if not self._choices.is_new or not self._seen.is_reduced:
            return False
        assert self._world is not None
        shared = _encode([self._world.stores, self._world.told()])
        past = tuple(-1 if task.is_done else self._past.get(task, 0) for task in tasks)
        state = hash((shared, past, self._faults, len(self._late), asleep))
        if state in self._seen.states:
            return True
        self._seen.states.add(state)
        return False

    def _go(self, tasks: Sequence[Task], place: int) -> None:
        if place != LATE:
            self.turns.resume(tasks[place])
            return
        try:
            self._late.pop(0)[1]()
        except Conflict:
            return  # nobody is there to be told


class Explorer:
    """Runs what `begin` makes in every order; each end is judged once."""

    def __init__(
        self,
        begin: Callable[[Execution], World],
        faults: int = 1,
        *,
        is_reduced: bool = True,
    ) -> None:
        self.executions = 0
        self._begin = begin
        self._faults = faults
        self._seen = Seen(is_reduced=is_reduced)

    @property
    def calls(self) -> int:
        return self._seen.calls

    @property
    def ends(self) -> Collection[bytes]:
        return self._seen.ends

    def explore(self) -> None:
        """All of it; AssertionError with what is wrong and the path that leads there."""
        path: list[int] | None = []
        turns = Turns()
        while path is not None:
            choices = Choices(path)
            execution = Execution(turns, choices, self._faults, self._seen)
            world = self._begin(execution)
            if execution.run(world):
                problems = self._judged(world)
                assert not problems, (path, problems)
            self.executions += 1
            path = choices.next_path()

    def _judged(self, world: World) -> Sequence[str]:
        end = _encode([world.stores, world.told()])
        if end not in self._seen.ends:
            self._seen.ends[end] = world.judge()
        return self._seen.ends[end]


def delivering(execution: Execution, work: Callable[[], bool], most: int) -> Callable[[], None]:
    """Again and again, as a stream or a queue does, until `work` says that it is acknowledged."""

    def deliver() -> None:
        for number in range(most):
            execution.begin_again(number)
            if work():
                return
        raise AssertionError("it was never acknowledged")

    return deliver
