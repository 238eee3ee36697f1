"""The rows of a lake in a dictionary, read back."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import msgspec

from millrace.lake import Table
from millrace.lake.files import hour_of
from tests.fakes.lake import MemoryLake


class MemoryLakeReader:
    """`LakeReader` over what a `MemoryLake` was given."""

    def __init__(self, lake: MemoryLake) -> None:
        self._lake = lake

    def rows(
        self, table: Table, column: str, values: Collection[str], since: int
    ) -> Iterator[Mapping[str, Any]]:
        first = f"{table.prefix}/{hour_of(since).partition('/')[0]}"
        for key in sorted(self._lake.files):
            if key.startswith(f"{table.prefix}/") and key > first:
                for row in self._lake.files[key]:
                    if getattr(row, column) in values:
                        yield msgspec.structs.asdict(row)
