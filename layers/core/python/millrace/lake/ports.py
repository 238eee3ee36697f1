"""Where rows go, and where they are read again."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal, Protocol

import msgspec

from millrace.lake.columns import Table
from millrace.lake.model import ChangeRow, Row
from millrace.privacy import Subject


class LakeWriter(Protocol):
    def write(self, key: str, rows: Sequence[Row] | Sequence[ChangeRow], table: Table) -> None:
        """Store `rows` of `table` as the one file `key`; the same key again replaces it.

        Raises RetryLater `lake_unavailable` when the file is not durably there.
        """
        ...


class StoredEvent(msgspec.Struct, frozen=True, kw_only=True):
    """What a replay needs of a row of `events`."""

    event_id: str
    source: str
    subject: str
    received_at: int
    sealed: bytes


class LakeFiles(Protocol):
    """The files of `events`. Every call may raise RetryLater `lake_unavailable`."""

    def keys(self, since: int | None, until: int | None) -> list[str]:
        """The files of the hours that touch [since, until), hour by hour, in each the oldest first.

        A person's events pass through one shard, so these are in the order in which they came.
        """
        ...

    def read(self, key: str) -> Sequence[StoredEvent] | None:
        """The rows of a file; None where it is no more, GiveUp `unreadable_file` where not ours."""
        ...


class Pseudonyms(Protocol):
    def named(self, pseudonyms: Collection[str]) -> dict[str, Subject]:
        """The subjects that have these pseudonyms now; whoever was erased has none.

        Raises RetryLater `subjects_unavailable`.
        """
        ...


class ReplayCounts(Protocol):
    def count(self, name: Literal["EventsReplayed"], amount: int, /) -> None:
        """Add `amount` to the metric `name`."""
        ...
