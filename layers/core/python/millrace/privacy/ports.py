"""What the pipeline asks of the vault, of subjects and of randomness."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Protocol

from millrace.privacy.ledger import DayRoot, Entry, Leaf, Link
from millrace.privacy.suppression import Change, Reason

if TYPE_CHECKING:
    from millrace.privacy.subjects import Subject


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


class SubjectReader(Protocol):
    """Every call may raise RetryLater `subjects_unavailable`."""

    def read(self, stems: Collection[str], *, is_fresh: bool = False) -> dict[str, Subject]:
        """Subjects by stem; those that do not exist are left out.

        Without `is_fresh` a key may be a minute old; a tombstone never is.
        """
        ...


class Subjects(SubjectReader, Protocol):
    def keys(self, stems: Collection[str], *, is_fresh: bool = False) -> dict[str, Subject]:
        """A subject for every stem, made where there was none; exactly one of several wins."""
        ...

    def renew(self, known: Subject, erased_at: int) -> None:
        """Start the epoch after `known`, with a new key and pseudonym, erased up to `erased_at`.

        Nothing happens when the subject is not as `known` any more: read it again.
        """
        ...


class SubjectErasure(Protocol):
    def erase(self, stems: Collection[str], *, since: int, erased_at: int) -> int:
        """Overwrite keys and pseudonyms by tombstones, except where erased at `since` or later.

        Stems without a subject get a tombstone too. The number of keys that were destroyed.
        """
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


class Suppressions(Protocol):
    """Addresses not to be written to, by token. Raises RetryLater `suppressions_unavailable`."""

    def record(self, change: Change) -> None:
        """Take a change in; one that is not newer than what is known changes nothing."""
        ...

    def read_many(self, tokens: Collection[str]) -> dict[str, frozenset[Reason]]:
        """The reasons that hold, consistently read; tokens without one are left out."""
        ...

    def said(self, tokens: Collection[str]) -> Sequence[Change]:
        """The newest word on each reason of these, also on such that hold no more."""
        ...
