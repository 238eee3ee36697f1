"""RFC 6962's hash tree (2.1): one root over many leaves, and the path from one leaf to it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence


def leaf_hash(content: bytes) -> bytes:
    """What the tree knows of a leaf."""
    return hashlib.sha256(b"\0" + content).digest()


def root_of(hashes: Sequence[bytes]) -> bytes:
    """The root over the hashes of leaves, in their order."""
    if len(hashes) <= 1:
        return hashes[0] if hashes else hashlib.sha256(b"").digest()
    middle = _middle(len(hashes))
    return _node(root_of(hashes[:middle]), root_of(hashes[middle:]))


def path_to(hashes: Sequence[bytes], index: int) -> list[bytes]:
    """What the leaf at `index` needs to lead to the root, the nearest first."""
    if len(hashes) <= 1:
        return []
    middle = _middle(len(hashes))
    if index < middle:
        return [*path_to(hashes[:middle], index), root_of(hashes[middle:])]
    return [*path_to(hashes[middle:], index - middle), root_of(hashes[:middle])]


def root_by(path: Sequence[bytes], leaf: bytes, index: int, size: int) -> bytes | None:
    """The root that a path leads to; None where a tree of `size` leaves has no such path."""
    if not 0 <= index < size:
        return None
    if size == 1:
        return None if path else leaf
    if not path:
        return None
    middle = _middle(size)
    if index < middle:
        below = root_by(path[:-1], leaf, index, middle)
        return below and _node(below, path[-1])
    below = root_by(path[:-1], leaf, index - middle, size - middle)
    return below and _node(path[-1], below)


def _middle(size: int) -> int:
    """The largest power of two below the size."""
    return 1 << (size - 1).bit_length() - 1


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()
