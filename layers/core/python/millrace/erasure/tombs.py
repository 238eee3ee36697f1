"""The writes of an erasure: tombstones on all names, and neighbours who forget them."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import msgspec

from millrace.erasure.finding import is_done
from millrace.erasure.mentions import Gone, loses_traits, without
from millrace.profiles.encoding import seal_person
from millrace.profiles.keyring import Keyring
from millrace.profiles.model import Person, Row, Write
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


def forgetting(
    row: Row, person: Person, gone: Gone, keyring: Keyring, destinations: Collection[str]
) -> tuple[Write | None, bool]:
    """The write that makes a person forget the erased; None if they know nothing of them.

    And whether it takes traits, so that destinations are told of what is left.
    """
    after = without(person, gone)
    if after == person:
        return None, False
    version = row.version + 1
    takes_traits = loses_traits(person, after)
    state = seal_person(after, row.key, gone.vault, keyring)
    dirty = row.dirty | dict.fromkeys(destinations if takes_traits else (), version)
    written = msgspec.structs.replace(row, version=version, state=state, dirty=dirty)
    return Write(key=row.key, expected=row.version, row=written), takes_traits


def _tombstone(key: str, snapshot: Snapshot, at: int) -> Write:
    version = snapshot.version(key)
    return Write(key=key, expected=version, row=Row(key=key, version=version + 1, erased_at=at))
