"""A clock that stands still until it is told otherwise."""

from __future__ import annotations


class MemoryClock:
    """`Clock` at `now_ms` epoch milliseconds; `advance` moves it."""

    def __init__(self, now_ms: int = 1_780_000_000_000) -> None:
        self._now_ms = now_ms

    def now_ms(self) -> int:
        return self._now_ms

    def set(self, now_ms: int) -> None:
        self._now_ms = now_ms

    def advance(self, milliseconds: int) -> None:
        self._now_ms += milliseconds
