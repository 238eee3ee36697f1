"""What somebody bought, by order id: an order that two sources tell of counts once.

Kept are the 128 orders whose hashed ids are the smallest, whichever came first. Whoever ordered
more often is told from that sample, which is as fair as chance, and marked as approximate.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from millrace.behaviour.amounts import millionths

MAX_ORDERS = 128
KEY_BYTES = 6
NEVER = -1
AMOUNTS = ("revenue", "total", "value", "subtotal")
"""Which property says what an order is worth: the first that is there."""


class Order(msgspec.Struct, frozen=True, array_like=True):
    """One order; amounts are whole millionths."""

    key: bytes
    placed_at: int = NEVER
    amount_at: int = NEVER
    """When the newest word on its amount was said."""
    amount: int = 0
    currency: str = ""
    refunded: int = 0
    is_void: bool = False
    """Whether it was cancelled, or refunded as a whole."""

    @property
    def worth(self) -> int:
        """What the shop keeps of it."""
        return 0 if self.is_void else max(0, self.amount - max(0, self.refunded))


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Order]).decode


class Purchases(msgspec.Struct, frozen=True, kw_only=True):
    """Recency, frequency and value."""

    orders: int = 0
    first_at: int | None = None
    last_at: int | None = None
    value: dict[str, int] = {}
    """Whole millionths by currency; an order without one stands under ""."""
    is_exact: bool = True


def placed(at: int, event: bytes, properties: Mapping[str, Any]) -> Order:
    """`Order Completed`, `Order Paid`."""
    return msgspec.structs.replace(changed(at, event, properties), placed_at=at)


def changed(at: int, event: bytes, properties: Mapping[str, Any]) -> Order:
    """`Order Updated`: another amount."""
    amount = _amount(properties)
    if amount is None:
        return Order(_key(event, properties))
    return Order(_key(event, properties), NEVER, at, amount, currency_of(properties))


def refunded(_at: int, event: bytes, properties: Mapping[str, Any]) -> Order:
    """`Order Refunded`: as a whole, where no amount is named."""
    amount = millionths(properties.get("total"))
    amount = _amount(properties) if amount is None else amount
    key = _key(event, properties)
    return Order(key, is_void=True) if amount is None else Order(key, refunded=abs(amount))


def cancelled(_at: int, event: bytes, properties: Mapping[str, Any]) -> Order:
    """`Order Cancelled`."""
    return Order(_key(event, properties), is_void=True)


def joined(one: Order, other: Order) -> Order:
    """What is known of an order from the events of both."""
    times = [at for at in (one.placed_at, other.placed_at) if at != NEVER]
    said = max((each.amount_at, each.amount, each.currency) for each in (one, other))
    refunds = one.refunded + other.refunded
    void = one.is_void or other.is_void
    return Order(one.key, min(times, default=NEVER), *said, refunds, void)


def pack(orders: Mapping[bytes, Order]) -> bytes:
    """At most MAX_ORDERS, in order of their keys."""
    return _encode([orders[key] for key in sorted(orders)[:MAX_ORDERS]])


def unpack(packed: bytes) -> list[Order]:
    """The orders in `packed`."""
    return _decode(packed) if packed else []


def purchases(orders: Iterable[Order], since: int = 0) -> Purchases:
    """What was bought at `since` or later, and was not given back."""
    known = list(orders)
    bought = [one for one in known if one.placed_at >= since and not one.is_void]
    value: dict[str, int] = {}
    for one in bought:
        value[one.currency] = value.get(one.currency, 0) + one.worth
    share = _share(known)
    times = [one.placed_at for one in bought]
    return Purchases(
        orders=round(len(bought) / share),
        first_at=min(times, default=None),
        last_at=max(times, default=None),
        value={name: round(amount / share) for name, amount in sorted(value.items())},
        is_exact=share == 1,
    )


def _share(known: list[Order]) -> float:
    """How large a part of all orders is known: what part of all hashes is below the largest."""
    if len(known) < MAX_ORDERS:
        return 1
    largest = int.from_bytes(max(one.key for one in known), "big")
    return largest / float(1 << 8 * KEY_BYTES)


def _key(event: bytes, properties: Mapping[str, Any]) -> bytes:
    """Of the order's id; an event that names none is an order of its own."""
    order_id = properties.get("order_id")
    is_id = isinstance(order_id, str | int) and not isinstance(order_id, bool)
    text = str(order_id).strip() if is_id else ""
    return hashlib.blake2b(text.encode() or event, digest_size=KEY_BYTES).digest()


def _amount(properties: Mapping[str, Any]) -> int | None:
    found = (millionths(properties.get(name)) for name in AMOUNTS)
    return next((amount for amount in found if amount is not None), None)


def currency_of(properties: Mapping[str, Any]) -> str:
    """Three letters, or nothing."""
    currency = properties.get("currency")
    is_code = isinstance(currency, str) and len(currency) == 3 and currency.isalpha()
    return currency.upper() if is_code else ""  # type: ignore[union-attr]
