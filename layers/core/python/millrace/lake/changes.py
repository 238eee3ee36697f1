"""Changes of the profiles table become rows of `profile_changes`: the audit trail of every person.

The files are at-least-once, like those of the events; readers dedupe by row key, version, change
and name (`PROFILE_CHANGES.once`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from millrace.errors import GiveUp
from millrace.identity.model import profile_id
from millrace.lake.columns import PROFILE_CHANGES
from millrace.lake.files import files_of
from millrace.lake.model import ChangeRow
from millrace.lake.ports import LakeWriter
from millrace.lake.rows import event_token
from millrace.privacy import SubjectKey, SubjectReader, Vault
from millrace.profiles.changes import Change, changes_between, moves_between
from millrace.profiles.encoding import open_person, unseal
from millrace.profiles.keyring import Keyring
from millrace.profiles.model import Person, Row, SealedPerson
from millrace.profiles.rules import ReadRules

CONTEXT = "profile_changes"
_encode = msgspec.msgpack.Encoder().encode


class RowChange(msgspec.Struct, frozen=True, kw_only=True):
    """One record of the profiles table's stream: a row before and after a write."""

    written_at: int
    """As the stream knows it, in whole seconds."""
    before: Row | None
    after: Row | None


class ChangesWritten(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a batch."""

    rows: int
    files: int
    unreadable: int
    """Writes of rows that the vault does not open; profiles/update refuses such people, loudly."""


class SealedValue(msgspec.Struct, frozen=True, array_like=True):
    """What a row of `profile_changes` seals: enough to put the value back as it was."""

    event: bytes
    value: bytes
    """Canonical JSON."""


def write_changes(
    changes: Iterable[RowChange],
    *,
    vault: Vault,
    subjects: SubjectReader,
    lake: LakeWriter,
    rules: ReadRules,
) -> ChangesWritten:
    """Write what readers could see change to the lake, once within the batch.

    Raises RetryLater when a file could not be written: the whole batch comes again.
    """
    changes = list(changes)
    people = _People(vault, subjects, changes)
    rows: dict[tuple[str, int, str, str], ChangeRow] = {}
    unreadable = 0
    for change in changes:
        try:
            found = list(_rows(change, people, vault, rules))
        except GiveUp:
            unreadable += 1
            continue
        for row in found:
            rows.setdefault((row.key, row.version, row.change, row.name), row)
    files = files_of(PROFILE_CHANGES, rows.values(), at=lambda row: row.committed_at, id_=_id)
    for key, members in files.items():
        lake.write(key, members, PROFILE_CHANGES)
    return ChangesWritten(rows=len(rows), files=len(files), unreadable=unreadable)


def open_value(sealed: bytes, row_key: str, key: SubjectKey) -> SealedValue:
    """The value of a row, by its subject's key; GiveUp `unreadable` when it is not ours."""
    try:
        return msgspec.msgpack.decode(key.open(sealed, field=_field(row_key)), type=SealedValue)
    except msgspec.MsgspecError as error:
        raise GiveUp("unreadable", "a row of profile_changes holds no value") from error


class _People:
    """The people in rows; what one write left is what the next one finds, opened once."""

    def __init__(self, vault: Vault, subjects: SubjectReader, changes: Sequence[RowChange]) -> None:
        self._vault = vault
        self._outers: dict[tuple[str, bytes], SealedPerson] = {}
        self._last: dict[str, tuple[bytes, Person]] = {}
        self.keyring = Keyring(subjects.read)
        self._load(changes)

    def of(self, row: Row | None) -> Person | None:
        if row is None or not row.state:
            return None
        state, person = self._last.get(row.key, (b"", None))
        if person is None or state != row.state:
            person = open_person(self._outer(row), self.keyring)
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
        self.keyring.load(stems)

    def _outer(self, row: Row) -> SealedPerson:
        name = row.key, row.state
        if name not in self._outers:
            self._outers[name] = unseal(row, self._vault)
        return self._outers[name]


def _rows(
    change: RowChange, people: _People, vault: Vault, rules: ReadRules
) -> Iterator[ChangeRow]:
    before, after = change.before, change.after
    row = after or before
    if row is None or (before and after and (before.state, before.to) == (after.state, after.to)):
        return
    found = moves_between(before, after)
    at = row.moved_at
    if not row.to:
        old, new = people.of(before), people.of(after)
        found += changes_between(old, new, rules)
        at = new.committed_at if new else change.written_at
    for each in found:
        sealed = _sealed(row.key, each, people.keyring)
        yield _row(row, each, at or change.written_at, vault, sealed)


def _row(
    row: Row, change: Change, committed_at: int, vault: Vault, sealed: bytes | None
) -> ChangeRow:
    return ChangeRow(
        profile_id=profile_id(row.key),
        key=row.key,
        version=row.version,
        change=change.kind,
        name=change.name,
        source=change.source,
        event_id=event_token(change.event, vault) if change.event else "",
        event_at=change.event_at or None,
        committed_at=committed_at,
        operator=change.operator,
        subject=change.stem,
        old_digest=_digest(change.name, change.old, vault),
        sealed=sealed,
    )


def _digest(name: str, value: bytes | None, vault: Vault) -> str:
    """Tells two values apart, and tells neither."""
    return "" if value is None else vault.token(f"value#{name}", value.decode())


def _sealed(row_key: str, change: Change, keyring: Keyring) -> bytes | None:
    """The one place where a value of the history is sealed: for the subject `change.stem`.

    Whoever is erased by now has no value any more.
    """
    if change.value is None:
        return None
    key = keyring.subject(change.stem).key
    if key is None:
        return None
    return key.seal(_encode(SealedValue(change.event, change.value)), field=_field(row_key))


def _field(key: str) -> str:
    return f"{CONTEXT}|{key}"


def _id(row: ChangeRow) -> str:
    return f"{row.key}\0{row.version}\0{row.change}\0{row.name}"
