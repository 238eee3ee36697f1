"""Where failed events go, for every stage that may meet one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from millrace.events.model import FailedEvent


class FailedEvents(Protocol):
    def keep(self, events: Sequence[FailedEvent]) -> None:
        """Keep events durably, byte for byte and sealed; keeping one again changes nothing.

        Raises RetryLater `failed_events_unavailable` when they could not be kept.
        """
        ...
