"""What became of a batch, for the stream and for the ledger."""

from __future__ import annotations

from typing import Literal, Protocol

import msgspec


class Counts(Protocol):
    """Where counts go; `runtime.metrics.FunctionMetrics` is one."""

    def count(
        self,
        name: Literal[
            "EventsApplied",
            "EventsDuplicate",
            "EventsFailed",
            "EventsBlockedByConsent",
            "EventsErased",
            "MergesMade",
            "MergesRefused",
        ],
        amount: int,
        /,
    ) -> None: ...
    def age_seconds(self, name: Literal["FreshnessSeconds"], seconds: float, /) -> None: ...


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a batch. Counts cover the acknowledged records only.

    The stream comes again from the first record to be retried, so nothing at or after it counts.
    """

    retry: list[str]
    """Sequence numbers, in order."""
    applied: int = 0
    duplicate: int = 0
    failed: int = 0
    blocked: int = 0
    erased: int = 0
    merges_made: int = 0
    merges_refused: int = 0
    freshness_ms: int | None = None
    """Age of the oldest applied event when its profile was committed."""

    def tell(self, counts: Counts) -> None:
        """Count this outcome under the names of the ledger and the alarms."""
        counts.count("EventsApplied", self.applied)
        counts.count("EventsDuplicate", self.duplicate)
        counts.count("EventsFailed", self.failed)
        counts.count("EventsBlockedByConsent", self.blocked)
        counts.count("EventsErased", self.erased)
        counts.count("MergesMade", self.merges_made)
        counts.count("MergesRefused", self.merges_refused)
        if self.freshness_ms is not None:
            counts.age_seconds("FreshnessSeconds", self.freshness_ms / 1000)
