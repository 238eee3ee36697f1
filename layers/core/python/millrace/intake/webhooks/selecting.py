"""Values found in a vendor's payload."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from typing import Any

import msgspec

from millrace.intake.webhooks.model import Part, Selector

NOTHING: tuple[object, ...] = (None, "", [], {})
_encoder = msgspec.json.Encoder(order="sorted")


def select(part: Part, selector: Selector) -> Any:
    """What stands at a dotted path (a number is a place in a list), or None."""
    if callable(selector):
        return selector(part)
    value: Any = part.payload
    for name in selector.split("."):
        if isinstance(value, dict):
            value = value.get(name)
        elif isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        else:
            return None
    return value


def first(*selectors: Selector) -> Callable[[Part], Any]:
    """The first of several places that holds anything."""

    def find(part: Part) -> Any:
        values = (select(part, selector) for selector in selectors)
        return next((value for value in values if value not in NOTHING), None)

    return find


def from_header(name: str) -> Callable[[Part], str]:
    """A header of the request."""
    return lambda part: part.delivery.header(name)


def prefixed(prefix: str, *selectors: Selector) -> Callable[[Part], str | None]:
    """A vendor's own number for a person, made unique: `shopify:customer:42`.

    Bare, it could be taken for the number that some other system gave to somebody else.
    """
    find = first(*selectors)

    def name(part: Part) -> str | None:
        value = find(part)
        usable = isinstance(value, str | int) and not isinstance(value, bool)
        return f"{prefix}:{value}" if usable else None

    return name


def fingerprint(*selectors: Selector) -> Callable[[Part], str | None]:
    """A digest of several values, for vendors that give their events no id."""

    def digest(part: Part) -> str | None:
        values = [select(part, selector) for selector in selectors]
        if all(value in NOTHING for value in values):
            return None
        return digest_of(values)

    return digest


def digest_of(value: object) -> str:
    """Equal for equal JSON values, in whatever order the keys of their objects came."""
    return hashlib.blake2b(_encoder.encode(value), digest_size=16).hexdigest()


def number(*selectors: Selector) -> Callable[[Part], float | None]:
    """An amount that vendors write as text, as a number; None for anything else."""
    find = first(*selectors)

    def read(part: Part) -> float | None:
        value = find(part)
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            return None
        try:
            amount = float(value)
        except (ValueError, OverflowError):
            return None
        return amount if math.isfinite(amount) else None

    return read
