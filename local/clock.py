"""The engine's clock, which can be moved: handlers, windows and retention all go by it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

SEEDED_START_MS = 1_796_083_200_000
"""2026-12-01T00:00:00Z"""


def wall_ms() -> int:
    return time.time_ns() // 1_000_000


class LocalClock:
    """Epoch milliseconds. Started at a fixed time it stands still but for `advance` and `set`."""

    def __init__(self, start_ms: int | None = None, *, wall: Callable[[], int] = wall_ms) -> None:
        self._wall = wall
        self._frozen_ms = start_ms
        self._offset_ms = 0
        self._lock = threading.Lock()

    def now_ms(self) -> int:
        if self._frozen_ms is not None:
            return self._frozen_ms
        return self._wall() + self._offset_ms

    def now(self) -> datetime:
        """The same, without a time zone, as moto keeps it."""
        return datetime.fromtimestamp(self.now_ms() / 1000, UTC).replace(tzinfo=None)

    def advance(self, seconds: float) -> None:
        """Move time forward."""
        if seconds < 0:
            raise ValueError("time does not run backwards: advance by 0 seconds or more")
        with self._lock:
            self._move(round(seconds * 1000))

    def set(self, now_ms: int) -> None:
        """Move time forward to `now_ms`; ValueError when that has passed."""
        with self._lock:
            delta = now_ms - self.now_ms()
            if delta < 0:
                raise ValueError("time does not run backwards: name a moment that is still to come")
            self._move(delta)

    def _move(self, delta_ms: int) -> None:
        if self._frozen_ms is not None:
            self._frozen_ms += delta_ms
        else:
            self._offset_ms += delta_ms
