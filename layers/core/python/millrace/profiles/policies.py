"""How a trait's value is decided where sources and times differ: by a policy for each trait.

`priority` and `recent` choose among the candidates that every trait keeps, so they can be changed
at any time. The others need what candidates no longer tell: `first`, `min` and `max` keep the one
candidate, `sum` and `union` what all values add up to, from the day the policy is configured.
Everything is exact and forgets order: sums are whole millionths.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from functools import reduce
from typing import Any

import msgspec

from millrace.behaviour.amounts import millionths, plain
from millrace.profiles.model import Candidate, Kept
from millrace.settings import TraitPolicy

MAX_ELEMENTS = 64
MAX_ELEMENT_BYTES = 256

_encode = msgspec.json.Encoder(order="deterministic").encode
_decode = msgspec.json.Decoder().decode
CHOOSING: frozenset[TraitPolicy] = frozenset({"priority", "recent"})
"""Policies that need no more than the candidates."""


def worth(policy: str, offered: Candidate, value: Any) -> Kept | None:
    """What is kept of one candidate, whose canonical JSON stands for `value`; None: nothing."""
    if policy == "sum":
        amount = millionths(value)
        return None if amount is None else Kept(offered, to_bytes(amount))
    if policy == "union":
        elements = value if isinstance(value, list) else [value]
        packed = {_encode(one) for one in elements if one is not None}
        small = [one for one in packed if len(one) <= MAX_ELEMENT_BYTES]
        return _bounded(offered, small, is_partial=len(small) < len(packed))
    if policy in {"min", "max"} and order_of(value) is None:
        return None
    return None if policy in CHOOSING else Kept(offered)


def joined(one: Kept, other: Kept, policy: str) -> Kept:
    """What two parts of the events kept of a trait, as one."""
    newest = best([each for each in (one.best, other.best) if each], policy)
    if policy == "sum":
        return Kept(newest, to_bytes(from_bytes(one.total) + from_bytes(other.total)))
    if policy == "union":
        partial = one.is_partial or other.is_partial
        return _bounded(newest, {*one.elements, *other.elements}, is_partial=partial)
    return Kept(newest)


def best(candidates: Sequence[Candidate], policy: str) -> Candidate | None:
    """The candidate that `policy` prefers: the oldest, lowest, highest; else the newest."""
    if policy == "first":
        return min(candidates, default=None)
    if policy not in {"min", "max"}:
        return max(candidates, default=None)
    ranked = [(order, one) for one in candidates if (order := order_of(_decode(one.value)))]
    if not ranked:
        return None
    return (min(ranked) if policy == "min" else max(ranked))[1]


def decide(policy: str, kept: Kept | None, newest: Sequence[Candidate]) -> Candidate | None:
    """What readers see under a policy that is not CHOOSING, with the deciding event and its time.

    `newest` are the trait's candidates: they stand in for what came before the policy did.
    """
    if policy == "sum":
        if kept is None or kept.best is None:
            return None
        return _replaced(kept.best, _encode(plain(from_bytes(kept.total))))
    if policy == "union":
        worths = [worth(policy, one, _decode(one.value)) for one in newest]
        every = reduce(lambda a, b: joined(a, b, policy), [one for one in (kept, *worths) if one])
        assert every.best is not None
        return _replaced(every.best, b"[" + b",".join(sorted(every.elements)) + b"]")
    first = [kept.best] if kept and kept.best else []
    return best([*first, *newest], policy)


def _replaced(candidate: Candidate, value: bytes) -> Candidate:
    return Candidate(candidate.at, candidate.event, value)


def _bounded(newest: Candidate | None, elements: Iterable[bytes], *, is_partial: bool) -> Kept:
    kept = sorted(elements, key=_hashed)
    is_partial = is_partial or len(kept) > MAX_ELEMENTS
    return Kept(newest, b"", tuple(kept[:MAX_ELEMENTS]), is_partial)


def order_of(value: Any) -> tuple[int, Any] | None:
    """By what values are compared: numbers below texts; None for what has no order."""
    if isinstance(value, str):
        return 1, value
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return (0, value) if is_number else None


def to_bytes(number: int) -> bytes:
    """A whole number of any size; nothing for 0."""
    size = (number.bit_length() + 8) // 8 if number else 0
    return number.to_bytes(size, "big", signed=True)


def from_bytes(packed: bytes) -> int:
    return int.from_bytes(packed, "big", signed=True)


def _hashed(element: bytes) -> tuple[bytes, bytes]:
    return hashlib.blake2b(element, digest_size=8).digest(), element
