"""Lake files in a dictionary."""

from __future__ import annotations

from collections.abc import Sequence

from millrace.errors import RetryLater
from millrace.lake import ChangeRow, Row, Table


class MemoryLake:
    """`LakeWriter`; the key at position `breaks_at` cannot be written once."""

    def __init__(self, breaks_at: int | None = None) -> None:
        self.files: dict[str, tuple[Row | ChangeRow, ...]] = {}
        self.writes = 0
        self._breaks_at = breaks_at

    def write(self, key: str, rows: Sequence[Row] | Sequence[ChangeRow], table: Table) -> None:
        assert key.startswith(f"{table.prefix}/")
        self.writes += 1
        if self.writes - 1 == self._breaks_at:
            raise RetryLater("lake_unavailable", "the lake bucket answered SlowDown")
        self.files[key] = tuple(rows)

    @property
    def rows(self) -> list[Row | ChangeRow]:
        return [row for rows in self.files.values() for row in rows]
