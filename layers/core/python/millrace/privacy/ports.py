"""What the pipeline asks of the vault and of randomness."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from millrace.privacy.ledger import DayRoot, Entry, Leaf, Link


class Randomness(Protocol):
    def token_bytes(self, count: int) -> bytes:
        """`count` unpredictable bytes."""
        ...


class Vault(Protocol):
    def seal(self, plaintext: bytes, *, context: str) -> bytes:
        """Seal bytes so that only this vault opens them, and only under the same `context`."""
        ...

    def open(self, sealed: bytes, *, context: str) -> bytes:
        """The bytes that were sealed under `context`; GiveUp `unreadable` for anything else."""
        ...

    def token(self, kind: str, value: str) -> str:
        """The look-up token of a normalised identifier: 22 URL-safe characters, for ever."""
        ...


class Ledger(Protocol):
    """Append-only: nothing in it changes or goes. Raises RetryLater `ledger_unavailable`."""

    def append(self, entry: Entry) -> bool:
        """Put `entry` at the end of its subject's chain; False where it stands there already."""
        ...

    def read(self, subject: str) -> list[Link]:
        """The chain of a subject, from its first link."""
        ...

    def day(self, day: str) -> Sequence[Leaf]:
        """What was recorded on a UTC day (`2026-11-25`), in any order."""
        ...


class Roots(Protocol):
    """Where the roots of days are kept, unchangeable. Raises RetryLater `roots_unavailable`."""

    def last(self) -> DayRoot | None:
        """The root of the latest day that has one."""
        ...

    def keep(self, root: DayRoot) -> DayRoot:
        """Keep the root of its day; where there is one already, that one is given back."""
        ...

    def read(self, day: str) -> DayRoot | None:
        """The first root that was kept of a day."""
        ...
