"""What profiles need of their table, and what others ask of profiles."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from millrace.errors import MillraceError
from millrace.profiles.model import IdBlock, Profile, Row, Write

MAX_EACH = 25
"""Rows of one `write_each`."""


class Conflict(MillraceError):
    """Somebody else wrote one of the rows first, and nothing was written: read again."""

    def __init__(self) -> None:
        super().__init__("version_conflict", "the row changed since it was read; read it again")


class ProfileReader(Protocol):
    """Profiles by the row key of any of their identifiers; aliases are followed.

    Raises RetryLater `profiles_unavailable` when the table cannot be read.
    """

    def read(self, key: str) -> Profile | None:
        """The profile that `key` leads to; None for a key that no event has used."""
        ...

    def read_many(self, keys: Collection[str]) -> dict[str, Profile]:
        """Profiles by the key asked for; keys that lead nowhere are left out."""
        ...


class DirtyMarks(Protocol):
    def clear_dirty(self, key: str, destination: str, version: int) -> None:
        """Take `destination` off the row's marks if it still asks for `version`, else do nothing.

        The row's version stays as it is. Raises RetryLater `profiles_unavailable`.
        """
        ...


class ProfileStore(Protocol):
    """The profiles table. Reads are consistent.

    Every call may raise RetryLater `profiles_unavailable`; a write that did may have happened.
    """

    def read_rows(self, keys: Collection[str]) -> dict[str, Row]:
        """Root and alias rows by key; keys without a row are left out."""
        ...

    def write(self, write: Write) -> None:
        """Write one row; Conflict when the version was another."""
        ...

    def write_each(self, writes: Sequence[Write]) -> set[str]:
        """Write up to MAX_EACH rows, each by itself; the keys of those known to be written.

        Any other may be written or not: only a read can tell. Each is a root row, and was one,
        or none, before. With RetryLater nothing is known of any of them.
        """
        ...

    def write_together(self, writes: Sequence[Write]) -> None:
        """Write all rows (at most 100) or none; Conflict when any version was another."""
        ...

    def keep_ids(self, blocks: Sequence[IdBlock]) -> None:
        """Keep id blocks; keeping one again changes nothing."""
        ...

    def read_ids(self, stem: str, since: int) -> list[IdBlock]:
        """The blocks of a stem whose newest time is at or after `since`."""
        ...
