"""What rotation asks of the places where sealed values lie."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Protocol

import msgspec

from millrace.clock import Clock
from millrace.privacy import SubjectReader, Vault
from millrace.privacy.branches import BranchKeys
from millrace.profiles.ports import ProfileStore
from millrace.rotation.model import Cursor, Part, SealedItem, Sweep


class Shelf(Protocol):
    """One table's values under branch keys. Raises RetryLater where the table is silent."""

    @property
    def name(self) -> str:
        """What the values are, as operators read it."""
        ...

    def page(self, cursor: Cursor) -> tuple[list[SealedItem], Cursor]:
        """The items of one page after `cursor`, and the cursor of the next; None at the end."""
        ...

    def replace(self, item: SealedItem, parts: Sequence[Part]) -> bool:
        """Put `parts`, the same values sealed anew, into the item's place.

        False, and nothing is written, where the item is not as it was read: somebody wrote it,
        or it was erased.
        """
        ...


class SubjectRotation(Protocol):
    def rotate(self, stems: Collection[str]) -> int:
        """Begin the next epoch of each living subject under a new key; how many there were.

        The keys before it are kept, the pseudonym and `erased_at` stay. Tombstones stay, too.
        """
        ...


class Sweeps(Protocol):
    """Where the sweep's progress is kept."""

    def read(self) -> Sweep: ...

    def keep(self, sweep: Sweep) -> bool:
        """Keep the step after the one that stands there; False when another run was first."""
        ...


class SweepPorts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything outside that a sweep touches."""

    keys: BranchKeys
    shelves: Sequence[Shelf]
    sweeps: Sweeps
    vault: Vault
    clock: Clock
    sleep: Callable[[float], None]


class PersonPorts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything outside that the rotation of a person's keys touches."""

    store: ProfileStore
    reader: SubjectReader
    rotation: SubjectRotation
    rows: Shelf
    vault: Vault
