"""The events stream and its event source mapping: shards, lanes, partial failures, bisecting."""

from __future__ import annotations

import hashlib
from collections import deque

import msgspec

LANES_PER_SHARD = 2
KEYS = 1 << 16


class Record(msgspec.Struct, kw_only=True):
    """One stream record; the same record may come any number of times."""

    sequence_number: str
    data: bytes
    arrived_at: int
    events: int
    """How many events the ledger counts for it."""


class Attempt(msgspec.Struct, kw_only=True):
    """Records that are invoked with together, and how often that failed."""

    records: list[Record]
    tries: int = 0


class Lane:
    """In order: what has to be tried again comes before what is new."""

    def __init__(self, after: tuple[Lane, ...] = ()) -> None:
        self.waiting: deque[Record] = deque()
        self.retries: deque[Attempt] = deque()
        self.is_busy = False
        self._after = after

    def __len__(self) -> int:
        return len(self.waiting) + sum(len(one.records) for one in self.retries)

    def is_ready(self) -> bool:
        """Something to do, and a parent shard drained first."""
        return (
            not self.is_busy
            and len(self) > 0
            and not any(len(lane) or lane.is_busy for lane in self._after)
        )

    def take(self, size: int) -> Attempt:
        if self.retries:
            return self.retries.popleft()
        count = min(size, len(self.waiting))
        return Attempt(records=[self.waiting.popleft() for _ in range(count)])

    def come_again(self, attempt: Attempt, *, bisects: bool) -> None:
        """Put a failed attempt back, in two halves if it has more than one record."""
        records, half = attempt.records, len(attempt.records) // 2
        if bisects and half:
            self.retries.appendleft(Attempt(records=records[half:], tries=attempt.tries))
            self.retries.appendleft(Attempt(records=records[:half], tries=attempt.tries))
        else:
            self.retries.appendleft(Attempt(records=records, tries=attempt.tries + 1))


class Shard:
    def __init__(self, first: int, last: int, parent: Shard | None = None) -> None:
        self.first, self.last = first, last
        after = tuple(parent.lanes) if parent else ()
        self.lanes = [Lane(after) for _ in range(LANES_PER_SHARD)]


class Stream:
    """Records in order per partition key, over shards that can be split."""

    def __init__(self) -> None:
        self._open = [Shard(0, KEYS)]
        self._shards = list(self._open)
        self._number = 0

    def put(self, key: str, data: bytes, now_ms: int, events: int) -> None:
        self._number += 1
        place = int.from_bytes(hashlib.blake2b(key.encode(), digest_size=2).digest(), "big")
        shard = next(one for one in self._open if one.first <= place < one.last)
        record = Record(
            sequence_number=f"{self._number:09d}", data=data, arrived_at=now_ms, events=events
        )
        shard.lanes[place % LANES_PER_SHARD].waiting.append(record)

    def split(self, which: int) -> None:
        """Close a shard; its two children are read once it is drained."""
        shard = self._open.pop(which % len(self._open))
        middle = (shard.first + shard.last) // 2
        children = [Shard(shard.first, middle, shard), Shard(middle, shard.last, shard)]
        self._open += children
        self._shards += children

    def lanes(self) -> list[Lane]:
        return [lane for shard in self._shards for lane in shard.lanes]

    @property
    def open_shards(self) -> int:
        return len(self._open)
