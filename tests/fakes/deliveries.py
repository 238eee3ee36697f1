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

    def read_many(self, destination: str, keys: Collection[str]) -> dict[str, Delivery]:
        return {key: self.rows[destination, key] for key in keys if (destination, key) in self.rows}

    def record(self, destination: str, deliveries: Mapping[str, Delivery]) -> None:
        if self.failing_record is not None:
            error, self.failing_record = self.failing_record, None
            raise error
        self.rows |= {(destination, key): delivery for key, delivery in deliveries.items()}
