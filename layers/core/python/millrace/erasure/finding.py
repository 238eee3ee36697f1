"""Who is to be erased: every identifier of the person as the table has them now."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from millrace.erasure.mentions import strangers
from millrace.erasure.model import Known
from millrace.errors import RetryLater
from millrace.identity.model import kind_of
from millrace.profiles.model import Person
from millrace.profiles.snapshot import Snapshot

_decode = msgspec.json.decode
TOLD = ("email", "phone")
"""Traits that destinations and failed events may know a person by."""


def find(known: Known, snapshot: Snapshot, since: int) -> tuple[Known, dict[str, Person]]:
    """`known` with what the table adds to it, and those of its people who are not erased yet.

    A row that was erased at `since` or later is done, whoever lives there now; unless a name that
    is not done was joined to them since: they hold what came before. Raises RetryLater.
    """
    snapshot.load(known.keys)
    if snapshot.torn(known.keys):
        raise RetryLater("torn_read", "somebody moved to another person between two reads")
    roots = {snapshot.root(key) for key in known.keys if not is_done(key, snapshot, since)}
    people = {
        root: snapshot.person(root)
        for root in sorted(root for root in roots if root)
        if not snapshot.is_closed(root)
    }
    if known.outcome == "nothing_found" and any(_is_tomb(k, snapshot, since) for k in known.keys):
        known = msgspec.structs.replace(known, outcome="already_erased")
    for person in people.values():
        snapshot.load(person.keys)
        known = with_person(known, person)
    return known, people


def is_done(key: str, snapshot: Snapshot, since: int) -> bool:
    """Whether the row of `key` has met this erasure already."""
    row = snapshot.rows.get(key)
    return row is not None and row.erased_at >= since


def _is_tomb(key: str, snapshot: Snapshot, since: int) -> bool:
    return snapshot.is_closed(key) and not is_done(key, snapshot, since)


def with_person(known: Known, person: Person) -> Known:
    """`known` with what a person adds to it."""
    return msgspec.structs.replace(
        known,
        keys=_all(known.keys, person.keys),
        identifiers=_identifiers(known, person),
        neighbours=_all(known.neighbours, strangers(person)),
        outcome="erased" if person.stems else known.outcome,
    )


def _identifiers(known: Known, person: Person) -> dict[str, tuple[str, ...]]:
    """Only names of their own: one whose tie was refused is somebody else's."""
    own = set(person.keys)
    found: dict[str, tuple[str, ...]] = dict(known.identifiers)
    for stem in person.stems:
        for key, (value, _) in stem.identifiers.items():
            if key in own:
                found[kind_of(key)] = _all(found.get(kind_of(key), ()), [value])
        for name in TOLD:
            for candidates in stem.traits.get(name, {}).values():
                values = [_decode(one.value) for one in candidates]
                told = [value for value in values if isinstance(value, str) and value]
                found[name] = _all(found.get(name, ()), told)
    return {kind: values for kind, values in sorted(found.items()) if values}


def _all(before: Iterable[str], more: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({*before, *more}))
