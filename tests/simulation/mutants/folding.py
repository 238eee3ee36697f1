"""Mistakes in what events add up to."""

from __future__ import annotations

from typing import Any

import msgspec

from millrace.behaviour import carts, engagement, orders
from millrace.behaviour.carts import Cart, Line
from millrace.behaviour.engagement import Engagement
from millrace.behaviour.orders import Order
from millrace.clock import DAY_MS
from millrace.profiles import fold, windows
from millrace.profiles.model import Count
from tests.simulation.mutants.planting import Patch, mutant


@mutant
def the_last_value_to_arrive_wins() -> list[Patch]:
    def newest(candidates: Any) -> tuple[Any, ...]:
        latest = {one.value: one for one in candidates}
        return tuple(reversed(latest.values()))[: fold.VALUES_PER_SOURCE]

    return [(fold, "newest", newest)]


@mutant
def the_last_event_to_arrive_is_the_last_to_happen() -> list[Patch]:
    def counted(known: Count | None, at: int) -> Count:
        right = real(known, at)
        return right if known is None else msgspec.structs.replace(right, last=at)

    real = windows.counted
    return [(windows, "counted", counted)]


@mutant
def a_late_event_counts_for_the_newest_day() -> list[Patch]:
    def scored(known: Engagement, at: int, points: int) -> Engagement:
        newest = max(at, known.day * DAY_MS) if known.points else at
        return msgspec.structs.replace(real(known, newest, points), hours=b"")

    real = engagement.scored
    return [(engagement, "scored", scored)]


@mutant
def the_last_cart_event_to_arrive_is_believed() -> list[Patch]:
    def put(cart: Cart, since: int, more: dict[str, Line]) -> Cart:
        earlier = {name: line for name, line in cart.lines.items() if name not in more}
        return real(msgspec.structs.replace(cart, lines=earlier), since, more)

    real = carts._with
    return [(carts, "_with", put)]


@mutant
def a_rollback_takes_only_what_is_there_already() -> list[Patch]:
    """As if nothing could come again, or late."""

    def add(self: Any, fact: Any) -> None:
        before = set(self._voids)
        real(self, fact)
        if not self._traits:
            self._voids = before

    real = fold._Draft.add
    return [(fold._Draft, "add", add)]


@mutant
def an_order_is_worth_what_was_said_last() -> list[Patch]:
    def joined(one: Order, other: Order) -> Order:
        right = real(one, other)
        return msgspec.structs.replace(right, amount_at=other.amount_at, amount=other.amount)

    real = orders.joined
    return [(orders, "joined", joined)]


@mutant
def an_order_that_comes_late_leaves_the_cart_full() -> list[Patch]:
    def replace(cart: Cart, since: int, more: dict[str, Line]) -> Cart:
        newest = max((line.at for line in cart.lines.values()), default=0)
        return real(cart, since if since > newest else 0, more)

    real = carts._with
    return [(carts, "_with", replace)]
