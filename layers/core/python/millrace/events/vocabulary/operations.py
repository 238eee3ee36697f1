"""Properties that several operations share."""

from __future__ import annotations

import msgspec


class Pair(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Two identifiers, each written `kind:value`."""

    a: str
    b: str
    after: str = ""
    """The id of the word on this pair that the new one follows: a block after an allowance is
    not the block before it."""


def both(pair: Pair) -> tuple[str, str]:
    """Whom an operation on a pair concerns."""
    return pair.a, pair.b
