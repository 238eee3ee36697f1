"""Numbers that are added up exactly, whatever the order: whole millionths."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

MILLION = 1_000_000
LARGEST = 9_000_000_000_000
"""A number beyond this is not taken."""


def millionths(value: Any) -> int | None:
    """A number as whole millionths, half to even; None for what is none or too large."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not -LARGEST <= value <= LARGEST:
        return None
    if isinstance(value, int):
        return value * MILLION
    scaled = Decimal(repr(value)) * MILLION
    return int(scaled.to_integral_value(ROUND_HALF_EVEN))


def plain(amount: int) -> int | float:
    """Whole millionths as the number they are."""
    whole, rest = divmod(amount, MILLION)
    return float(Decimal(amount) / MILLION) if rest else whole
