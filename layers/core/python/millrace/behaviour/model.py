"""What somebody's events mean, folded: engagement, visits, interests, cart and orders."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from millrace.behaviour import carts, engagement, orders, sessions
from millrace.behaviour.bounds import bounded
from millrace.behaviour.carts import Cart
from millrace.behaviour.engagement import Engagement
from millrace.behaviour.meanings import MEANINGS, NOTHING
from millrace.behaviour.orders import Order
from millrace.events import Event

MAX_CATEGORIES = 32
MAX_CATEGORY_CHARACTERS = 64


class Behaviour(msgspec.Struct, frozen=True, array_like=True):
    """Bounded, and the same in whatever order the events came."""

    engagement: Engagement = Engagement()
    visits: bytes = b""
    """Half hours with the first and last second in each: see `sessions`."""
    interests: dict[str, int] = {}
    """Points by category."""
    cart: Cart = Cart()
    orders: bytes = b""
    """Packed, so that only who asks for them opens them: see `orders`."""
    is_partial: bool = False
    """Whether categories were left out of the interests."""


class BehaviourDraft:
    """Behaviour with events being added to it."""

    def __init__(self, known: Behaviour, points: Mapping[str, int]) -> None:
        self._points = points
        self._engagement = known.engagement
        self._visits = known.visits
        self._interests = dict(known.interests)
        self._is_partial = known.is_partial
        self._cart = known.cart
        self._packed = known.orders
        self._orders: dict[bytes, Order] | None = None

    def add(self, event: Event, known: bytes) -> None:
        """Add an event whose id is `known`."""
        meaning = MEANINGS.get(event.label, NOTHING)
        at, properties = event.event_at, event.properties
        is_machine = bool(properties.get("is_machine"))
        points = self._points.get(event.label, meaning.points)
        if points > 0 and not is_machine:
            self._engagement = engagement.scored(self._engagement, at, points)
        if meaning.is_browsing and not is_machine:
            self._visits = sessions.visited(self._visits, at)
        if meaning.interest:
            self._like(properties.get("category"), meaning.interest)
        if meaning.cart:
            self._cart = meaning.cart(self._cart, at, properties)
        if meaning.order:
            self._buy(meaning.order(at, known, properties))

    def absorb(self, other: Behaviour) -> None:
        """Add what other events added up to."""
        self._engagement = engagement.joined(self._engagement, other.engagement)
        self._visits = sessions.joined(self._visits, other.visits)
        for category, points in other.interests.items():
            self._like(category, points)
        self._is_partial = self._is_partial or other.is_partial
        self._cart = carts.joined(self._cart, other.cart)
        for order in orders.unpack(other.orders):
            self._buy(order)

    def finish(self) -> Behaviour:
        """The behaviour with all that was added."""
        return Behaviour(
            engagement=self._engagement,
            visits=self._visits,
            interests=bounded(self._interests, MAX_CATEGORIES),
            cart=self._cart,
            orders=orders.pack(self._orders) if self._orders is not None else self._packed,
            is_partial=self._is_partial or len(self._interests) > MAX_CATEGORIES,
        )

    def _like(self, category: object, points: int) -> None:
        if isinstance(category, str) and 0 < len(category) <= MAX_CATEGORY_CHARACTERS:
            self._interests[category] = self._interests.get(category, 0) + points

    def _buy(self, order: Order) -> None:
        if self._orders is None:
            self._orders = {one.key: one for one in orders.unpack(self._packed)}
        known = self._orders.get(order.key)
        self._orders[order.key] = orders.joined(known, order) if known else order


def means_something(event: Event, points: Mapping[str, int]) -> bool:
    """Whether an event is more than a count."""
    return event.label in MEANINGS or event.label in points
