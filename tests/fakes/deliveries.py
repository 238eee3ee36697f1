"""What destinations were told, in a dictionary."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from millrace.activation import Delivery
from millrace.errors import MillraceError


class MemoryDeliveries:
    """`Deliveries`; set `failing_record` to break the next record after a send."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], Delivery] = {}
        self.failing_record: MillraceError | None = None

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
        is_of_a_send = any(delivery.digest for delivery in deliveries.values())
        if self.failing_record is not None and is_of_a_send:
            error, self.failing_record = self.failing_record, None
            raise error
        self.rows |= {(destination, key): delivery for key, delivery in deliveries.items()}
