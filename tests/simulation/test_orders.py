"""The exploration of orders leaves out no end, though it leaves out most orders."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence

import pytest

from millrace.errors import RetryLater
from tests.simulation.conditions import Call, Crash, Port, each
from tests.simulation.orders import Choices, Execution, Explorer

CALLS = {
    "look": Call("read_rows", lambda name: each("cell", [name])),
    "put": Call("write", lambda name, value: each("cell", [name])),
}
Script = Sequence[Sequence[tuple[str, str]]]
"""For each task, which cell is read and to which one its content is appended."""


class Cells:
    def __init__(self) -> None:
        self.held: dict[str, str] = {}

    def look(self, name: str) -> str:
        return self.held.get(name, "")

    def put(self, name: str, value: str) -> None:
        self.held[name] = value


class Little:
    """A world of a few cells, whose tasks write what they have read."""

    def __init__(self, execution: Execution, script: Script) -> None:
        self._cells = Cells()
        self._port = Port(self._cells, execution, CALLS)
        self._script = script

    @property
    def stores(self) -> Mapping[str, Mapping[str, object]]:
        return {"cell": self._cells.held}

    def tasks(self) -> list[Callable[[], None]]:
        return [self._task(place, own) for place, own in enumerate(self._script)]

    def told(self) -> object:
        return None

    def judge(self) -> Sequence[str]:
        return []

    def _task(self, place: int, own: Sequence[tuple[str, str]]) -> Callable[[], None]:
        def work() -> None:
            for read, written in own:
                try:
                    self._port.put(written, f"{self._port.look(read)}{place}")
                except RetryLater:
                    continue
                except Crash:
                    return

        return work


def scripts(seed: int) -> Script:
    dice = random.Random(seed)
    return [
        [(dice.choice("abc"), dice.choice("abc")) for _ in range(dice.randint(1, 2))]
        for _ in range(dice.randint(2, 3))
    ]


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("faults", [0, 1])
def test_fewer_orders_end_in_everything_that_all_orders_end_in(seed: int, faults: int) -> None:
    script = scripts(seed)
    if faults:
        script = [own[:1] for own in script[:2]]
    every = Explorer(lambda one: Little(one, script), faults, is_reduced=False)
    fewer = Explorer(lambda one: Little(one, script), faults)
    every.explore()
    fewer.explore()
    assert set(fewer.ends) == set(every.ends)
    assert fewer.executions <= every.executions


def test_all_paths_through_a_tree_of_choices_are_taken_once() -> None:
    paths = []
    path: Sequence[int] | None = []
    while path is not None:
        choices = Choices(path)
        first = choices.of(2)
        paths.append((first, choices.of(3)) if first else (first,))
        path = choices.next_path()
    assert paths == [(0,), (1, 0), (1, 1), (1, 2)]
