"""That a link of the ledger lies under the root of its day, told by a few hashes."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from millrace.privacy.ledger import DayRoot, Leaf, hash_of
from millrace.privacy.tree import path_to, root_by

_HASH = re.compile("[0-9a-f]{64}")


class Inclusion(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The way of one leaf up to the root of its day."""

    index: int
    """The place among the leaves of the day, which are in order; counts from 0."""
    path: tuple[str, ...]
    """Hashes of what stands beside the way, the nearest first."""


def inclusion_of(leaf: Leaf, leaves: Iterable[Leaf]) -> Inclusion:
    """Of a leaf that is among those of its day."""
    ordered = sorted(set(leaves))
    index = ordered.index(leaf)
    path = path_to([hash_of(each) for each in ordered], index)
    return Inclusion(index=index, path=tuple(each.hex() for each in path))


def is_included(leaf: Leaf, inclusion: Inclusion, root: DayRoot) -> bool:
    """Whether the way leads from the leaf to this root."""
    if not all(_HASH.fullmatch(each) for each in inclusion.path):
        return False
    path = [bytes.fromhex(each) for each in inclusion.path]
    found = root_by(path, hash_of(leaf), inclusion.index, root.entries)
    return found is not None and found.hex() == root.root
