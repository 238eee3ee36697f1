"""Amounts in minor units (cents), as payment providers send them."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from millrace.intake.webhooks.model import Part, Selector
from millrace.intake.webhooks.selecting import first, select

ZERO_DECIMAL = frozenset(
    "bif clp djf gnf jpy kmf krw mga pyg rwf ugx vnd vuv xaf xof xpf".split()  # noqa: SIM905
)
THREE_DECIMAL = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})


def minor_units(*amounts: Selector, currency: Selector) -> Callable[[Part], float | None]:
    """The first of `amounts` that is there, in the currency's major unit."""
    find = first(*amounts)

    def read(part: Part) -> float | None:
        amount, code = find(part), str(select(part, currency)).lower()
        digits = 0 if code in ZERO_DECIMAL else 3 if code in THREE_DECIMAL else 2
        return float(Decimal(amount).scaleb(-digits)) if type(amount) is int else None

    return read
