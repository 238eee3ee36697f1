"""Failed events by key, read and moved in memory."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from millrace.adapters.failed_events import failed_event_key
from millrace.erasure.matching import names_any
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
        self.replayed: dict[str, int] = {}

    def read(self, keys: Sequence[str]) -> list[KeptEvent | None]:
        self._expect()
        return [self.failed.get(key) for key in keys]

    def settle(self, events: Sequence[KeptEvent], replayed_at: int) -> None:
        self._expect()
        for each in events:
            if self.failed.pop(each.key, None):
                self.replayed[each.key] = replayed_at

    def naming(self, values: Collection[str], until: int) -> list[str]:
        self._expect()
        return [
            key
            for key, kept in self.failed.items()
            if kept.failed.received_at <= until and names_any(kept.failed.payload, values)
        ]

    def remove(self, keys: Iterable[str]) -> None:
        self._expect()
        for key in keys:
            self.failed.pop(key, None)

    def _expect(self) -> None:
        if self.is_failing:
            raise RetryLater("failed_events_unavailable", "the store is told to fail")
