"""Who the rows of `profile_changes` are about: nobody but by the pseudonym of a living subject.

A row key is a token of the identifier: whoever holds the look-up key can tell whose it is, also
after an erasure. A pseudonym is random, stands in the `subjects` table only, and dies there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

import msgspec

from millrace.events.spelling import tells_an_address
from millrace.identity.model import kind_of
from millrace.lake.model import ChangeRow
from millrace.lake.rows import event_token
from millrace.lake.values import SealedValue, seal_value
from millrace.privacy import Subject, Subjects
from millrace.profiles.changes import Change

OF_OTHERS = frozenset(
    {"identifier_added", "identifier_removed", "joined", "merged", "moved", "unmerged"}
)
"""Changes whose name is a row key."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A change that readers of a row could see, and since when."""

    key: str
    version: int
    at: int
    change: Change


def named(seen: Collection[Seen], subjects: Subjects) -> Iterator[ChangeRow]:
    """The rows of what was seen, none for whoever was erased since.

    Every name that is met gets a subject: also one that never was an event's anchor.
    """
    names = _Names(subjects.keys(sorted({key for each in seen for key in _keys_of(each)})))
    for each in seen:
        person = names.subject(each.key, each.at)
        if person is not None:
            yield _row(each, person, names)


def _keys_of(seen: Seen) -> Iterable[str]:
    change = seen.change
    other = change.name if change.kind in OF_OTHERS else ""
    return filter(None, (seen.key, change.stem, other))


class _Names:
    def __init__(self, known: dict[str, Subject]) -> None:
        self._known = known

    def subject(self, key: str, at: int) -> Subject | None:
        """Who `key` was at that time; None where that was before an erasure."""
        found = self._known.get(key)
        return None if found is None or found.is_erased or at <= found.erased_at else found

    def pseudonym(self, key: str, at: int) -> str:
        found = self.subject(key, at)
        return found.pseudonym if found else ""


def _row(seen: Seen, person: Subject, names: _Names) -> ChangeRow:
    change = seen.change
    subject = names.subject(change.stem, seen.at)
    event_id = event_token(change.event, subject) if change.event and subject else ""
    name, kind = _shown(change.name, person), ""
    if change.kind in OF_OTHERS:
        name, kind = names.pseudonym(change.name, seen.at), kind_of(change.name)
    elif change.kind == "rolled_back":
        name = f"{name}@{event_id}"
    elif change.kind == "removed" and subject:
        name = f"{name}@{subject.pseudonym}"
    return ChangeRow(
        person=person.pseudonym,
        version=seen.version,
        change=change.kind,
        name=name,
        kind=kind,
        source=change.source,
        event_id=event_id,
        event_at=change.event_at or None,
        committed_at=seen.at,
        operator=change.operator,
        subject=subject.pseudonym if subject else "",
        sealed=_sealed(change, person, subject),
    )


def _sealed(change: Change, person: Subject, subject: Subject | None) -> bytes | None:
    """The one place where a value of the history is sealed: for the subject whose event it was."""
    if change.value is None or subject is None or subject.key is None:
        return None
    name = "" if _shown(change.name, person) == change.name else change.name
    value = SealedValue(change.event, change.value, name)
    return seal_value(value, person.pseudonym, subject.key)


def _shown(name: str, person: Subject) -> str:
    """The name of a trait, unless a sender put somebody's address into it."""
    if not tells_an_address(name):
        return name
    return f"(sealed {event_token(name.encode(), person)[:16]})"
