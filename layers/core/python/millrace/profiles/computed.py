"""What is computed of a person when it is asked for, exact at that moment."""

from __future__ import annotations

from collections.abc import Mapping

from millrace.behaviour import engagement, sessions
from millrace.behaviour.amounts import MILLION, plain
from millrace.behaviour.carts import Cart, Line, live
from millrace.behaviour.orders import purchases, unpack
from millrace.clock import DAY_MS, SECOND_MS
from millrace.profiles.model import Person, Stem
from millrace.profiles.rules import ReadRules
from millrace.profiles.shown import Computed, ShownCart, ShownLine
from millrace.profiles.windows import count_since

RECENT_DAYS = 30


def computed(stem: Stem, rules: ReadRules, now_ms: int) -> Computed:
    """The computed traits of a person whose stems are merged into `stem`."""
    known = stem.behaviour
    bought = purchases(unpack(known.orders))
    return Computed(
        engagement=engagement.score(known.engagement, now_ms, rules.behaviour.half_life_days),
        best_hour=engagement.best_hour(known.engagement),
        browse_bucket=sessions.bucket(known.visits),
        favourite_category=favourite(known.interests),
        orders=bought.orders,
        first_purchase_at=bought.first_at,
        last_purchase_at=bought.last_at,
        lifetime_value={name: plain(amount) for name, amount in bought.value.items()},
        cart=_shown(known.cart, now_ms, rules.behaviour.abandoned_after_minutes),
        last_30_days=_recent(stem, now_ms),
        is_approximate=not bought.is_exact or known.is_partial,
    )


def _recent(stem: Stem, now_ms: int) -> dict[str, int]:
    since = (now_ms // DAY_MS - RECENT_DAYS + 1) * DAY_MS
    counts = {label: count_since(count, since) for label, count in stem.counters.items()}
    return {label: counts[label].count for label in sorted(counts) if counts[label].count}


def favourite(interests: Mapping[str, int]) -> str | None:
    """The category with the most points; the first in the alphabet of equals."""
    return min(interests, key=lambda name: (-interests[name], name), default=None)


def lasting(person: Person) -> tuple[object, ...]:
    """What destinations are told at once when it changes: cart, orders and favourite category.

    The rest moves with every event or with the clock alone; it travels along with other news.
    """
    total: dict[str, int] = {}
    shown = []
    for stem in person.stems:
        known = stem.behaviour
        for category, points in known.interests.items():
            total[category] = total.get(category, 0) + points
        if known.orders or known.cart.lines:
            shown.append((known.orders, live(known.cart)))
    return favourite(total), shown


def _shown(cart: Cart, now_ms: int, abandoned_minutes: int) -> ShownCart | None:
    lines = live(cart)
    if not lines:
        return None
    touched = max(line.at for line in lines.values())
    worth: dict[str, int] = {}
    for line in lines.values():
        if line.price >= 0:
            amount = line.price * line.quantity // MILLION
            worth[line.currency] = worth.get(line.currency, 0) + amount
    is_left = now_ms - touched >= abandoned_minutes * 60 * SECOND_MS
    return ShownCart(
        lines=tuple(_line(product, line) for product, line in lines.items()),
        value={name: plain(amount) for name, amount in sorted(worth.items())},
        updated_at=touched,
        abandoned_since=touched if is_left else None,
    )


def _line(product: str, line: Line) -> ShownLine:
    return ShownLine(
        product_id=product,
        quantity=plain(line.quantity),
        price=plain(line.price) if line.price >= 0 else None,
        currency=line.currency,
        name=line.name,
    )
