"""A bound that keeps the same elements whichever came first."""

from __future__ import annotations

import hashlib
from typing import TypeVar

T = TypeVar("T")


def bounded(named: dict[str, T], most: int) -> dict[str, T]:
    """At most `most` entries: those with the smallest hashes."""
    if len(named) <= most:
        return named
    return {name: named[name] for name in sorted(named, key=_hashed)[:most]}


def _hashed(name: str) -> tuple[bytes, str]:
    return hashlib.blake2b(name.encode(), digest_size=8).digest(), name
