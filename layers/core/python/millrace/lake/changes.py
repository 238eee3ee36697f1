"""Changes of the profiles table become rows of `profile_changes`: the audit trail of every person.

The files are at-least-once, like those of the events; readers dedupe by person, version, change
and name (`PROFILE_CHANGES.once`).
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from millrace.errors import GiveUp
from millrace.lake.columns import PROFILE_CHANGES
from millrace.lake.files import files_of
from millrace.lake.images import People, RowChange
from millrace.lake.model import ChangeRow
from millrace.lake.naming import Seen, named
from millrace.lake.ports import LakeWriter
from millrace.privacy import Subjects, Vault
from millrace.profiles.changes import changes_between, moves_between
from millrace.profiles.rules import ReadRules


class ChangesWritten(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a batch."""

    rows: int
    files: int
    unreadable: int
    """Writes of rows that the vault does not open; profiles/update refuses such people, loudly."""


def write_changes(
    changes: Iterable[RowChange],
    *,
    vault: Vault,
    subjects: Subjects,
    lake: LakeWriter,
    rules: ReadRules,
) -> ChangesWritten:
    """Write what readers could see change to the lake, once within the batch.

    Raises RetryLater when a file could not be written: the whole batch comes again.
    """
    changes = list(changes)
    people = People(vault, subjects, changes)
    seen: list[Seen] = []
    unreadable = 0
    for change in changes:
        try:
            seen += _seen(change, people, rules)
        except GiveUp:
            unreadable += 1
    rows = {_id(row): row for row in named(seen, subjects)}
    files = files_of(PROFILE_CHANGES, rows.values(), at=lambda row: row.committed_at, id_=_id)
    for key, members in files.items():
        lake.write(key, members, PROFILE_CHANGES)
    return ChangesWritten(rows=len(rows), files=len(files), unreadable=unreadable)


def _seen(change: RowChange, people: People, rules: ReadRules) -> list[Seen]:
    before, after = change.before, change.after
    row = after or before
    if row is None or row.is_tombstone:
        return []
    if before and after and (before.state, before.to) == (after.state, after.to):
        return []
    found = moves_between(before, after)
    at = row.moved_at
    if not row.to:
        old, new = people.of(before), people.of(after)
        found += changes_between(old, new, rules)
        at = new.committed_at if new else change.written_at
    at = at or change.written_at
    return [Seen(key=row.key, version=row.version, at=at, change=each) for each in found]


def _id(row: ChangeRow) -> str:
    return f"{row.person}\0{row.version}\0{row.change}\0{row.name}"
