"""Who was erased, and up to when: asked before anything in clear is shown to anybody."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from millrace.privacy import SubjectReader
from millrace.profiles.ports import ProfileStore
from millrace.profiles.reading import Rows, follow, root_of

Tombstones = Callable[[Collection[str]], Mapping[str, int]]
"""When each of these row keys was erased; those that were not are left out."""


def tombstones_of(store: ProfileStore, subjects: SubjectReader) -> Tombstones:
    """The latest that any of an identifier's own row, its person's row and its subject say.

    Its own row knows of an erasure that came before it was tied to somebody; the subject knows
    where a backup brought the row back.
    """

    def tombstones(keys: Collection[str]) -> dict[str, int]:
        rows: Rows = {}
        follow(store, keys, rows)
        known = subjects.read(keys)
        found = {}
        for key in keys:
            own, root = rows.get(key), rows.get(root_of(key, rows) or key)
            said = [each.erased_at for each in (own, root, known.get(key)) if each]
            found[key] = max(said, default=0)
        return {key: at for key, at in found.items() if at}

    return tombstones
