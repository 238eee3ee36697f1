"""The machine's clock and randomness, replaced for as long as an engine runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

from local.clock import LocalClock
from millrace.adapters.clock import SystemClock, SystemRandomness


@contextmanager
def system_ports(clock: LocalClock, seed: int | None) -> Iterator[None]:
    """`SystemClock` is the engine's clock; with a seed, `SystemRandomness` repeats."""
    kept = SystemClock.source, SystemRandomness.source
    SystemClock.source = clock.now_ms
    if seed is not None:
        SystemRandomness.source = Random(seed).randbytes  # noqa: S311 - repeatable is the point
    try:
        yield
    finally:
        SystemClock.source, SystemRandomness.source = kept
