"""From the key of any identifier to rows, people and profiles."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import msgspec

from millrace.clock import Clock
from millrace.errors import RetryLater
from millrace.privacy import SubjectReader, Vault
from millrace.profiles.encoding import open_person, unseal
from millrace.profiles.keyring import Keyring
from millrace.profiles.model import Profile, Row
from millrace.profiles.ports import ProfileStore
from millrace.profiles.rules import ReadRules
from millrace.profiles.view import profile_of

MAX_HOPS = 8
Rows = dict[str, Row | None]
"""Rows by key as one read found them; None for a key that was asked for and has no row."""


def follow(store: ProfileStore, keys: Collection[str], rows: Rows) -> None:
    """Read `keys` and all rows they lead to into `rows`; nothing is read twice."""
    wanted = {key for key in keys if key not in rows}
    for _ in range(MAX_HOPS + 1):
        if not wanted:
            return
        found = store.read_rows(wanted)
        rows.update(dict.fromkeys(wanted))
        rows.update(found)
        wanted = {row.to for row in found.values() if row.to and row.to not in rows}
    raise RetryLater("alias_too_long", f"an alias leads over more than {MAX_HOPS} rows")


def root_of(key: str, rows: Mapping[str, Row | None]) -> str | None:
    """The root that `key` leads to among `rows` already followed; None without a row."""
    row = rows.get(key)
    for _ in range(MAX_HOPS + 1):
        if row is None or not row.to:
            return row.key if row else None
        row = rows.get(row.to)
    raise RetryLater("alias_too_long", f"an alias leads over more than {MAX_HOPS} rows")


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """What turns rows into profiles."""

    vault: Vault
    subjects: SubjectReader
    rules: ReadRules
    clock: Clock


def read_profiles(
    store: ProfileStore, keys: Collection[str], opening: Opening
) -> dict[str, Profile]:
    """Profiles by the key asked for; keys that lead nowhere or to the erased are left out."""
    rows: Rows = {}
    follow(store, keys, rows)
    roots = {key: root for key in keys if (root := root_of(key, rows)) is not None}
    outers = {root: unseal(rows[root], opening.vault) for root in sorted(set(roots.values()))}
    keyring = Keyring(opening.subjects.read)
    keyring.load(stem.key for outer in outers.values() for stem in outer.stems)
    profiles = {}
    now_ms = opening.clock.now_ms()
    for root, outer in outers.items():
        row = rows[root]
        assert row is not None
        person = open_person(outer, keyring)
        profiles[root] = profile_of(person, root, row.version, opening.rules, now_ms)
    return {key: found for key, root in roots.items() if (found := profiles[root]) is not None}
