"""One shard as a mapping sees it: records that wait for their window, and batches to try again."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable

from local.clock import LocalClock
from local.mapping import Attempt, Item, MappingPlan, Sequel

MAX_PAYLOAD_BYTES = 6_000_000


class Window:
    """Opens with the first item; closed when the window has passed by the wall or by the clock."""

    def __init__(self, seconds: float, clock: LocalClock) -> None:
        self._seconds = seconds
        self._clock = clock
        self._opened: tuple[float, int] | None = None

    def open(self) -> None:
        if self._opened is None:
            self._opened = (time.monotonic(), self._clock.now_ms())

    def close(self) -> None:
        self._opened = None

    def has_passed(self) -> bool:
        if self._opened is None:
            return False
        wall, clock_ms = self._opened
        clock_waited = (self._clock.now_ms() - clock_ms) / 1000
        return max(time.monotonic() - wall, clock_waited) >= self._seconds

    def wait_seconds(self) -> float | None:
        """How long until it has passed by the wall; None when it is not open."""
        if self._opened is None:
            return None
        return max(0.0, self._opened[0] + self._seconds - time.monotonic())


class Lane:
    """In order: what has to be tried again comes before what is new."""

    def __init__(self, plan: MappingPlan, clock: LocalClock) -> None:
        self._plan = plan
        self._retry_at = 0.0
        self._waiting: deque[Item] = deque()
        self._retries: deque[Attempt] = deque()
        self.window = Window(plan.window_seconds, clock)

    def __len__(self) -> int:
        return len(self._waiting) + sum(len(attempt.items) for attempt in self._retries)

    def extend(self, items: Iterable[Item]) -> None:
        self._waiting.extend(items)
        if self._waiting:
            self.window.open()

    def take(self, *, is_flushing: bool) -> Attempt | None:
        """The next batch to invoke with, or None when nothing is due."""
        if self._retries:
            if not is_flushing and time.monotonic() < self._retry_at:
                return None
            return self._retries.popleft()
        if not self._waiting or not (is_flushing or self._is_full() or self.window.has_passed()):
            return None
        items: list[Item] = []
        size = 0
        while self._waiting and len(items) < self._plan.batch_size:
            size += self._waiting[0].size
            if items and size > MAX_PAYLOAD_BYTES:
                break
            items.append(self._waiting.popleft())
        self.window.close()
        if self._waiting:
            self.window.open()
        return Attempt(items=tuple(items))

    def put_back(self, sequel: Sequel) -> None:
        self._retries.extendleft(reversed(sequel.retry))
        if sequel.retry:
            self._retry_at = time.monotonic() + sequel.retry[0].wait_seconds

    def wait_seconds(self) -> float | None:
        """How long until something is due; None when nothing will be."""
        if self._retries:
            return max(0.0, self._retry_at - time.monotonic())
        return self.window.wait_seconds()

    def _is_full(self) -> bool:
        return len(self._waiting) >= self._plan.batch_size
