"""What destinations were told, in a dictionary."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from millrace.activation import Delivery
from millrace.errors import MillraceError


class MemoryDeliveries:
    """`Deliveries`; set `failing_replace` to break the next record after a send."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], Delivery] = {}
        self.failing_replace: MillraceError | None = None

    @property
    def told(self) -> dict[tuple[str, str], Delivery]:
        """The rows of whom something was told or refused, without mere intents."""
        return {place: row for place, row in self.rows.items() if row.digest}

    def read_many(self, destination: str, keys: Collection[str]) -> dict[str, Delivery]:
        return {key: self.rows[destination, key] for key in keys if (destination, key) in self.rows}

    def forget(self, destination: str, keys: Collection[str]) -> None:
        for key in keys:
            self.rows.pop((destination, key), None)

    def record(self, destination: str, deliveries: Mapping[str, Delivery]) -> None:
        self.rows |= {(destination, key): delivery for key, delivery in deliveries.items()}

    def replace(
        self, destination: str, changes: Mapping[str, tuple[Delivery, Delivery]]
    ) -> Collection[str]:
        if self.failing_replace is not None:
            error, self.failing_replace = self.failing_replace, None
            raise error
        known = self.read_many(destination, changes)
        held = {key: now for key, (before, now) in changes.items() if known.get(key) == before}
        self.record(destination, held)
        return held.keys()
