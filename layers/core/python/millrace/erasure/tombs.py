"""The writes of an erasure: tombstones on all names, and neighbours who forget them."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import msgspec

from millrace.erasure.finding import is_done
from millrace.privacy import Vault
from millrace.profiles.encoding import seal_person
from millrace.profiles.model import Person, Row, Stem, Write
from millrace.profiles.snapshot import Snapshot


def tombstones(
    keys: Collection[str], people: dict[str, Person], snapshot: Snapshot, since: int, at: int
) -> Iterator[list[Write]]:
    """Writes that go together: each person with all names, then each name without a person."""
    grouped: set[str] = set()
    for root, person in people.items():
        names = sorted({root, *person.keys})
        grouped |= set(names)
        yield [_tombstone(key, snapshot, at) for key in names]
    for key in sorted(set(keys) - grouped):
        if not is_done(key, snapshot, since):
            yield [_tombstone(key, snapshot, at)]


def forgetting(root: str, gone: Collection[str], snapshot: Snapshot, vault: Vault) -> Write | None:
    """The write that makes a neighbour forget identifiers of the erased; None if they know none."""
    row, person = snapshot.rows[root], snapshot.person(root)
    after = _without(person, set(gone))
    if row is None or after == person:
        return None
    state = seal_person(after, root, vault, snapshot.keyring)
    written = msgspec.structs.replace(row, version=row.version + 1, state=state)
    return Write(key=root, expected=row.version, row=written)


def _tombstone(key: str, snapshot: Snapshot, at: int) -> Write:
    version = snapshot.version(key)
    return Write(key=key, expected=version, row=Row(key=key, version=version + 1, erased_at=at))


def _without(person: Person, gone: set[str]) -> Person:
    held = [
        (edge, reason)
        for edge, reason in zip(person.edges, person.reasons, strict=True)
        if not {edge.a, edge.b} & gone
    ]
    stems = tuple(_stem_without(stem, gone) for stem in person.stems)
    if len(held) == len(person.edges) and stems == person.stems:
        return person
    return msgspec.structs.replace(
        person,
        stems=stems,
        edges=tuple(edge for edge, _ in held),
        reasons=tuple(reason for _, reason in held),
    )


def _stem_without(stem: Stem, gone: set[str]) -> Stem:
    if not stem.identifiers.keys() & gone:
        return stem
    kept = {key: value for key, value in stem.identifiers.items() if key not in gone}
    return msgspec.structs.replace(stem, identifiers=kept)
