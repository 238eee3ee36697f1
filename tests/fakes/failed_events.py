"""Failed events in a list."""

from __future__ import annotations

from collections.abc import Sequence

from millrace.errors import RetryLater
from millrace.events import FailedEvent


class MemoryFailedEvents:
    """`FailedEvents`; keeping an event with the same source and payload again changes nothing."""

    def __init__(self) -> None:
        self.is_failing = False
        self._kept: dict[tuple[str, bytes], FailedEvent] = {}

    @property
    def kept(self) -> list[FailedEvent]:
        return list(self._kept.values())

    def keep(self, events: Sequence[FailedEvent]) -> None:
        if self.is_failing:
            raise RetryLater("failed_events_unavailable", "the failed events cannot be kept now")
        for event in events:
            self._kept.setdefault((event.source, event.payload), event)
