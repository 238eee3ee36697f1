"""Failed events by key, read and moved in memory."""

from __future__ import annotations

from collections.abc import Sequence

from millrace.adapters.failed_events import failed_event_key
from millrace.errors import RetryLater
from millrace.events import FailedEvent
from millrace.failed.model import KeptEvent


class MemoryFailedEventStore:
    """`ReplayedEvents`; `is_failing` makes every call raise."""

    def __init__(self, events: Sequence[FailedEvent] = ()) -> None:
        self.is_failing = False
        self.failed = {
            failed_event_key(each): KeptEvent(key=failed_event_key(each), failed=each)
            for each in events
        }
        self.replayed: dict[str, tuple[int, str]] = {}

    def read(self, keys: Sequence[str]) -> list[KeptEvent | None]:
        self._expect()
        return [self.failed.get(key) for key in keys]

    def settle(self, events: Sequence[KeptEvent], replayed_at: int, job: str) -> None:
        self._expect()
        for each in events:
            if self.failed.pop(each.key, None):
                self.replayed[each.key] = (replayed_at, job)

    def _expect(self) -> None:
        if self.is_failing:
            raise RetryLater("failed_events_unavailable", "the store is told to fail")
