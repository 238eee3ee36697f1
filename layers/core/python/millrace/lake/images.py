"""The people in the images of rows: what the stream of the profiles table shows of each write."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from millrace.errors import GiveUp
from millrace.privacy import SubjectReader, Vault
from millrace.profiles.encoding import open_person, unseal
from millrace.profiles.keyring import Keyring
from millrace.profiles.model import Person, Row, SealedPerson


class RowChange(msgspec.Struct, frozen=True, kw_only=True):
    """One record of the profiles table's stream: a row before and after a write."""

    written_at: int
    """As the stream knows it, in whole seconds."""
    before: Row | None
    after: Row | None


class People:
    """The people in rows; what one write left is what the next one finds, opened once."""

    def __init__(self, vault: Vault, subjects: SubjectReader, changes: Sequence[RowChange]) -> None:
        self._vault = vault
        self._outers: dict[tuple[str, bytes], SealedPerson] = {}
        self._last: dict[str, tuple[bytes, Person]] = {}
        self._keyring = Keyring(subjects.read)
        self._load(changes)

    def of(self, row: Row | None) -> Person | None:
        """GiveUp `unreadable` for a row that the vault does not open."""
        if row is None or not row.state:
            return None
        state, person = self._last.get(row.key, (b"", None))
        if person is None or state != row.state:
            person = open_person(self._outer(row), self._keyring)
            self._last[row.key] = (row.state, person)
        return person

    def _load(self, changes: Sequence[RowChange]) -> None:
        """Fetch the keys of the whole batch in one go."""
        stems: set[str] = set()
        for change in changes:
            for row in (change.before, change.after):
                if row is not None and row.state:
                    try:
                        stems |= {stem.key for stem in self._outer(row).stems}
                    except GiveUp:  # counted where the row is looked at
                        continue
        self._keyring.load(stems)

    def _outer(self, row: Row) -> SealedPerson:
        name = row.key, row.state
        if name not in self._outers:
            self._outers[name] = unseal(row, self._vault)
        return self._outers[name]
