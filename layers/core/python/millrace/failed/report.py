"""What a replay did or would do: counts by code, field and event, never a value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import msgspec


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Of each failed event that was looked at: exactly one of passing, failing, other and gone."""

    passing: int = 0
    """Usable now; with a dry run off: in the stream, and no failed events any more."""
    failing: dict[str, int] = {}
    """Still not usable, by the code of today."""
    other: int = 0
    """Not part of the selection."""
    gone: int = 0
    """Replayed or expired since they were listed."""
    events: int = 0
    """Events in the passing ones; a vendor's event may be several of ours."""
    changes: dict[str, int] = {}
    """What the mapping changes in the passing ones, by step."""
    labels: dict[str, int] = {}
    """The passing events by name or type of call."""

    def plus(self, more: Report) -> Report:
        return Report(
            passing=self.passing + more.passing,
            failing=_sum(self.failing, more.failing),
            other=self.other + more.other,
            gone=self.gone + more.gone,
            events=self.events + more.events,
            changes=_sum(self.changes, more.changes),
            labels=_sum(self.labels, more.labels),
        )

    def counts(self) -> dict[str, int]:
        """What may stand in a log: no name that a sender chose."""
        return {
            "passing": self.passing,
            "failing": sum(self.failing.values()),
            "other": self.other,
            "gone": self.gone,
            "events": self.events,
        }


def _sum(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return dict(Counter(one) + Counter(other))
