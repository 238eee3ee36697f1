"""The rows of a lake in a dictionary, read back."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from millrace.errors import GiveUp
from millrace.lake import EVENTS, StoredEvent, Table
from millrace.lake.files import hour_of
from tests.fakes.lake import MemoryLake


class MemoryLakeFiles:
    """`LakeFiles` over what a `MemoryLake` was given; `broken` keys hold something else."""

    def __init__(self, lake: MemoryLake) -> None:
        self._lake = lake
        self.broken: set[str] = set()

    def keys(self, since: int | None, until: int | None) -> list[str]:
        hours = {key: key.rpartition("/")[0] for key in self._lake.files if "events/" in key}
        return sorted(
            (
                key
                for key, hour in hours.items()
                if (since is None or hour >= f"{EVENTS.prefix}/{hour_of(since)}")
                and (until is None or hour <= f"{EVENTS.prefix}/{hour_of(until - 1)}")
            ),
            key=hours.__getitem__,
        )

    def read(self, key: str) -> Sequence[StoredEvent] | None:
        if key in self.broken:
            raise GiveUp("unreadable_file", "a file of `events` holds no events of ours")
        rows = self._lake.files.get(key)
        return (
            None
            if rows is None
            else [msgspec.convert(row, StoredEvent, from_attributes=True) for row in rows]
        )


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
