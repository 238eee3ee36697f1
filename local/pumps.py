"""All event source mappings together: one step at a time, until nothing is in flight."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping

from local.queue_pump import QueuePump
from local.stream_pump import StreamPump

Pump = StreamPump | QueuePump


class Pumps:
    """In template order, under one lock: a run with one thread is the same every time."""

    def __init__(self, pumps: Mapping[str, Pump]) -> None:
        self._pumps = pumps
        self._lock = threading.Lock()
        self._work = threading.Event()
        self._is_stopping = False
        self._thread: threading.Thread | None = None

    def notice(self) -> None:
        """Something may have been written."""
        self._work.set()

    def settle(self, until: float | None = None) -> dict[str, int]:
        """Run everything at once, windows and waits cut short; what is left by `until`."""
        if not self._lock.acquire(timeout=-1 if until is None else _left(until)):
            return self.in_flight()
        try:
            while self._step(is_flushing=True, until=until):
                pass
            return self.in_flight()
        finally:
            self._lock.release()

    def in_flight(self) -> dict[str, int]:
        """Records and messages that were not acknowledged yet, by mapping."""
        counts = {name: pump.in_flight() for name, pump in self._pumps.items()}
        return {name: count for name, count in counts.items() if count}

    def start(self) -> None:
        """Pump in the background, asleep while there is nothing to do."""
        self._thread = threading.Thread(target=self._run, name="pumps", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._is_stopping = True
        self._work.set()
        if self._thread:
            self._thread.join(timeout=2)

    def _run(self) -> None:
        while not self._is_stopping:
            self._work.clear()
            with self._lock:
                has_worked = self._step(is_flushing=False)
                waits = [pump.wait_seconds() for pump in self._pumps.values()]
            if not has_worked:
                self._work.wait(min((wait for wait in waits if wait is not None), default=None))

    def _step(self, *, is_flushing: bool, until: float | None = None) -> bool:
        """Every pump gets its turn, whatever the others did, while there is time."""
        turns = [
            pump.run(is_flushing=is_flushing)
            for pump in self._pumps.values()
            if until is None or _left(until)
        ]
        return any(turns)


def _left(until: float) -> float:
    return max(0.0, until - time.monotonic())
