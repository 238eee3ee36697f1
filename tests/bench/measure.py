"""Two sides, interleaved, CPU time of this process, the minimum of several rounds."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable

import msgspec

ROUNDS = 9


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the table: ours against theirs, and the goal for the ratio."""

    quantity: str
    against: str
    ours: str
    theirs: str
    ratio: float
    goal: float
    at_least: bool = False
    why: str = ""
    """Said where the goal is missed."""

    @property
    def holds(self) -> bool:
        return self.ratio >= self.goal if self.at_least else self.ratio <= self.goal


def cpu_seconds(work: Callable[[], object], repeats: int) -> float:
    """CPU seconds of one call, averaged over `repeats` calls in a row."""
    started = time.process_time()
    for _ in range(repeats):
        work()
    return (time.process_time() - started) / repeats


def interleaved(
    ours: Callable[[], object],
    theirs: Callable[[], object],
    *,
    repeats: tuple[int, int],
    rounds: int = ROUNDS,
) -> tuple[float, float]:
    """The minimum CPU seconds per call of both sides, measured in turn."""
    ours(), theirs()
    pairs = [
        (cpu_seconds(ours, repeats[0]), cpu_seconds(theirs, repeats[1])) for _ in range(rounds)
    ]
    return min(pair[0] for pair in pairs), min(pair[1] for pair in pairs)


def fresh_interpreter_cpu(code: str, environment: dict[str, str]) -> float:
    """CPU seconds (user and system) of a new Python that runs `code` and ends."""
    process = os.posix_spawn(sys.executable, [sys.executable, "-c", code], environment)
    _, status, usage = os.wait4(process, 0)
    if status != 0:
        raise RuntimeError(f"the interpreter ended with status {status}")
    return usage.ru_utime + usage.ru_stime


def cpu_row(
    quantity: str, against: str, ours: float, theirs: float, goal: float, why: str = ""
) -> Row:
    """A row of CPU seconds: ours may cost `goal` times theirs."""
    return Row(
        quantity=quantity,
        against=against,
        ours=microseconds(ours),
        theirs=microseconds(theirs),
        ratio=ours / theirs,
        goal=goal,
        why=why,
    )


def microseconds(seconds: float) -> str:
    return f"{seconds * 1e6:,.0f} µs"
