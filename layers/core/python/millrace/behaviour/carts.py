"""What lies in the cart, from events in any order.

Of each product the newest event says how many there are. An order empties the cart of what went
in until then; a list of the whole cart (`Cart Viewed`, `Checkout Started`) empties it of what is
not on the list. Kept are the newest 24 products of 30 days, those taken out included, as an older
event must not put them back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from millrace.behaviour.amounts import MILLION, millionths
from millrace.clock import DAY_MS

MAX_LINES = 24
MAX_TEXT = 64
KEPT_DAYS = 30


class Line(msgspec.Struct, frozen=True, array_like=True, order=True):
    """One product; the greatest is the newest. Quantity and price are whole millionths."""

    at: int
    quantity: int
    price: int = -1
    """Of one; -1 where no event said it."""
    currency: str = ""
    name: str = ""


class Cart(msgspec.Struct, frozen=True, array_like=True):
    """The lines by product id, and since when lines count."""

    since: int = 0
    lines: dict[str, Line] = {}


EMPTY = Cart()


def put(cart: Cart, at: int, properties: Mapping[str, Any]) -> Cart:
    """A product was put in: its quantity is one where the event names none."""
    return _with(cart, 0, _lines([properties], at, properties))


def take(cart: Cart, at: int, properties: Mapping[str, Any]) -> Cart:
    """A product was taken out, all of it."""
    return _with(cart, 0, _lines([{**properties, "quantity": 0}], at, properties))


def replace(cart: Cart, at: int, properties: Mapping[str, Any]) -> Cart:
    """The cart was seen whole; nothing is known where the event has no list of products."""
    products = properties.get("products")
    if not isinstance(products, list | tuple):
        return cart
    return _with(cart, at, _lines(products, at, properties))


def empty(cart: Cart, at: int, _properties: Mapping[str, Any]) -> Cart:
    """An order was placed."""
    return _with(cart, at + 1, {})


def joined(one: Cart, other: Cart) -> Cart:
    """The cart of the events of both."""
    if other == EMPTY:
        return one
    return other if one == EMPTY else _with(one, other.since, other.lines)


def live(cart: Cart) -> dict[str, Line]:
    """What is in the cart, the newest last."""
    inside = [(line.at, product) for product, line in cart.lines.items() if line.quantity > 0]
    return {product: cart.lines[product] for _, product in sorted(inside)}


def _with(cart: Cart, since: int, more: Mapping[str, Line]) -> Cart:
    lines = dict(cart.lines)
    for product, line in more.items():
        known = lines.get(product)
        if known is None or line > known:
            lines[product] = line
    newest = max((line.at for line in lines.values()), default=0)
    since = max(cart.since, since, newest - KEPT_DAYS * DAY_MS)
    kept = sorted((line.at, product) for product, line in lines.items() if line.at >= since)
    return Cart(since, {product: lines[product] for _, product in kept[-MAX_LINES:]})


def _lines(products: Any, at: int, properties: Mapping[str, Any]) -> dict[str, Line]:
    found: dict[str, Line] = {}
    for product in products:
        if not isinstance(product, Mapping):
            continue
        name = product_id(product)
        if name:
            line = _line(product, at, properties.get("currency"))
            found[name] = max(line, found.get(name, line))
    return found


def product_id(product: Mapping[str, Any]) -> str:
    """What a product is known by; nothing where it cannot be told."""
    for key in ("product_id", "sku"):
        value = product.get(key)
        if isinstance(value, str | int) and not isinstance(value, bool):
            text = str(value).strip()
            if 0 < len(text) <= MAX_TEXT:
                return text
    return ""


def _line(product: Mapping[str, Any], at: int, currency: Any) -> Line:
    quantity = millionths(product.get("quantity"))
    price = millionths(product.get("price"))
    return Line(
        at,
        MILLION if quantity is None else max(0, quantity),
        -1 if price is None or price < 0 else price,
        currency.upper() if isinstance(currency, str) and len(currency) == 3 else "",
        str(product.get("name") or "")[:MAX_TEXT],
    )
