"""What readers see of computed traits. Times are epoch milliseconds, amounts plain numbers."""

from __future__ import annotations

from typing import Any

import msgspec


class ShownLine(msgspec.Struct, frozen=True, kw_only=True):
    """One product in a cart."""

    product_id: str
    quantity: int | float
    price: int | float | None = None
    """Of one."""
    currency: str = ""
    name: str = ""


class ShownCart(msgspec.Struct, frozen=True, kw_only=True):
    """A cart with something in it."""

    lines: tuple[ShownLine, ...]
    """The latest to change last."""
    value: dict[str, int | float]
    """By currency; lines without a price do not count."""
    updated_at: int
    abandoned_since: int | None = None
    """Set once nothing was done to it for a while."""


class Computed(msgspec.Struct, frozen=True, kw_only=True):
    """What follows from a person's events and the time of asking."""

    engagement: float = 0
    """Points that halve with time; opens and clicks of machines give none."""
    best_hour: int | None = None
    """The hour of the day with the most points, in UTC."""
    browse_bucket: str | None = None
    """How long a visit lasts: `under_1m`, `1m_to_5m`, `5m_to_15m`, `15m_to_30m`, `over_30m`."""
    favourite_category: str | None = None
    orders: int = 0
    """By order id, without cancelled and wholly refunded ones."""
    first_purchase_at: int | None = None
    last_purchase_at: int | None = None
    lifetime_value: dict[str, int | float] = {}
    """By currency; what was refunded is taken off."""
    cart: ShownCart | None = None
    last_30_days: dict[str, int] = {}
    """Events by label, today and the 29 days before, in UTC."""
    is_approximate: bool = False
    """Whether a bound was met, so that orders, value or category are told from a part."""

    def lasting(self) -> dict[str, Any]:
        """What destinations are told: it changes by events that are news, never by time alone."""
        cart = self.cart
        found = {
            "favourite_category": self.favourite_category,
            "orders": self.orders or None,
            "first_purchase_at": self.first_purchase_at,
            "last_purchase_at": self.last_purchase_at,
            "lifetime_value": self.lifetime_value or None,
            "cart": msgspec.to_builtins(cart.lines) if cart else None,
            "cart_updated_at": cart.updated_at if cart else None,
        }
        return {name: value for name, value in found.items() if value is not None}
