"""After a restore: who was erased since the backup is erased again, by the word of the ledger.

A table restored to a moment before an erasure holds the person's rows and keys again. The ledger
is never restored: it has an entry for each identifier of everybody who was erased.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from millrace.errors import RetryLater
from millrace.privacy.ledger import Entry
from millrace.privacy.ports import SubjectErasure, Suppressions
from millrace.privacy.suppression import change_in
from millrace.profiles.model import Row, Write
from millrace.profiles.ports import Conflict, ProfileStore

ROUNDS = 5
"""How often a row that changes at the same time is read again."""


class Reapplied(msgspec.Struct, frozen=True, kw_only=True):
    """What it came to."""

    identifiers: int = 0
    """Of everybody who was ever erased."""
    rows: int = 0
    """Rows that got their tombstone again; the others had one, or a life after it."""
    keys: int = 0
    """Keys that were destroyed again."""
    suppressions: int = 0
    """What was asked for of the suppression list, said again; newer words there stay."""


def reapply(
    entries: Iterable[Entry],
    *,
    rows: ProfileStore,
    subjects: SubjectErasure,
    suppressions: Suppressions,
) -> Reapplied:
    """Erase again what the `entries` of kind erasure name; repeating it changes nothing.

    An objection outlives a restore of the suppression list as well.

    Whoever came back with a fresh consent after the erasure has a row and a key that remember
    it, and keeps them. Raises RetryLater when a store does not answer or a row changes all the
    time: run it again, and before anything reads or writes the restored tables.
    """
    erased: dict[str, int] = {}
    written = destroyed = said = 0
    for entry in entries:
        if entry.kind == "erasure":
            erased[entry.subject] = max(entry.at, erased.get(entry.subject, 0))
        elif change := change_in(entry):
            suppressions.record(change)
            said += 1
    for key, at in sorted(erased.items()):
        destroyed += subjects.erase([key], since=at, erased_at=at)
        written += _entomb(key, at, rows)
    return Reapplied(identifiers=len(erased), rows=written, keys=destroyed, suppressions=said)


def _entomb(key: str, at: int, rows: ProfileStore) -> bool:
    """Whether the row had to get its tombstone."""
    for _ in range(ROUNDS):
        row = rows.read_rows([key]).get(key)
        if row and row.erased_at >= at:
            return False
        version = row.version if row else 0
        tombstone = Row(key=key, version=version + 1, erased_at=at)
        try:
            rows.write(Write(key=key, expected=version, row=tombstone))
        except Conflict:
            continue
        return True
    raise RetryLater(
        "restore_contended", "a row changes all the time: stop what writes the restored table"
    )
