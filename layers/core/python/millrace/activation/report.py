"""What came of a batch of wakes, for the queue, the metrics and the log."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, Protocol

import msgspec

DeliveryCount = Literal[
    "DeliveriesSent",
    "DeliveriesUnchanged",
    "DeliveriesWithheld",
    "DeliveriesRejected",
    "DeliveriesDeferred",
]


class Counts(Protocol):
    """Where outcomes are counted."""

    def count(self, name: DeliveryCount, amount: int, /) -> None: ...


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """So many people of a batch met `code`: for one log line, without anybody's data."""

    destination: str
    outcome: str
    code: str
    people: int

    def fields(self) -> dict[str, str | int]:
        """What the log line says."""
        return msgspec.structs.asdict(self)


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a batch, in people; `keep` are the messages that must come again."""

    keep: frozenset[str] = frozenset()
    sent: int = 0
    unchanged: int = 0
    withheld: int = 0
    rejected: int = 0
    deferred: int = 0
    problems: tuple[Problem, ...] = ()

    def tell(self, counts: Counts) -> None:
        """Count the people by what became of them."""
        counts.count("DeliveriesSent", self.sent)
        counts.count("DeliveriesUnchanged", self.unchanged)
        counts.count("DeliveriesWithheld", self.withheld)
        counts.count("DeliveriesRejected", self.rejected)
        counts.count("DeliveriesDeferred", self.deferred)


def total(reports: Iterable[Report]) -> Report:
    """Several reports as one."""
    every = list(reports)
    return Report(
        keep=frozenset().union(*(report.keep for report in every)),
        sent=sum(report.sent for report in every),
        unchanged=sum(report.unchanged for report in every),
        withheld=sum(report.withheld for report in every),
        rejected=sum(report.rejected for report in every),
        deferred=sum(report.deferred for report in every),
        problems=tuple(problem for report in every for problem in report.problems),
    )
