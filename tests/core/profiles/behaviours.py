"""Logs of what shoppers do, cheap to make in their thousands, for the laws and the bounds."""

from __future__ import annotations

import random
from typing import Any

from millrace.clock import DAY_MS, HOUR_MS
from millrace.events import Event, Identifier
from millrace.profiles.facts import Fact
from millrace.profiles.rules import ReadRules
from millrace.settings import BehaviourSettings
from tests.core.profiles.stories import NOON

RULES = ReadRules(
    priorities={"crm": 90},
    policies={
        "points": "sum",
        "first_touch": "first",
        "score": "max",
        "low": "min",
        "likes_*": "union",
        "plan": "recent",
    },
    behaviour=BehaviourSettings(points={"Video Watched": 7}),
)
LABELS = (
    "Product Viewed",
    "Product Added",
    "Product Removed",
    "Cart Viewed",
    "Checkout Started",
    "Order Completed",
    "Order Paid",
    "Order Updated",
    "Order Refunded",
    "Order Cancelled",
    "Email Opened",
    "Video Watched",
    "page",
    "Whatever",
)
TRAITS = ("points", "first_touch", "score", "low", "likes_a", "plan", "other")
VALUES: tuple[Any, ...] = (0.1, 0.2, 7, -3, 1e15, "a", "b", None, True, ["x", 1], {"b": 1, "a": 2})
STEPS = (0, 1, 900, 61_000, HOUR_MS, DAY_MS, 9 * DAY_MS, 40 * DAY_MS, 400 * DAY_MS)


def shopper_log(dice: random.Random, size: int, products: int = 3) -> list[Fact]:
    """Events of one stem: times that collide, days and years apart; few names, odd values."""
    at = NOON
    log = []
    for number in range(size):
        at += dice.choice((1, -1)) * dice.choice(STEPS)
        log.append(shopper_fact(dice, number, max(1, at), products))
    return log


def shopper_fact(dice: random.Random, number: int, at: int, products: int) -> Fact:
    label = dice.choice(LABELS)
    kind: Any = "page" if label == "page" else "track"
    traits = {dice.choice(TRAITS): dice.choice(VALUES)} if dice.random() < 0.4 else {}
    anchor = Identifier("user_id", "u")
    event = Event(
        message_id=f"m{number}",
        type=kind,
        source=dice.choice(("web", "crm", "app")),
        event_at=at,
        received_at=NOON + 500,
        original_at=at,
        anchor=anchor,
        identifiers=(anchor,),
        name="" if kind == "page" else label,
        traits=traits,
        properties=shopper_properties(dice, products),
    )
    return Fact(
        event=event,
        stored=event,
        number=number,
        id=number.to_bytes(12, "big"),
        time=at,
        anchor="i#user_id#u",
        identifiers={"i#user_id#u": "u"},
        edges=(),
    )


def shopper_properties(dice: random.Random, products: int) -> dict[str, Any]:
    """Properties that fit any of the events, now and then of the wrong type."""

    def product() -> dict[str, Any]:
        return {
            "product_id": f"p{dice.randrange(products)}",
            "quantity": dice.choice((1, 2, 0.5, None, "two")),
            "price": dice.choice((9.99, 0.1, 20, None, -1, "free")),
        }

    found = {
        **product(),
        "order_id": f"o{dice.randrange(products)}",
        "category": dice.choice(("Games", "Books", "", None, 5, f"c{dice.randrange(products)}")),
        "currency": dice.choice(("EUR", "usd", None, 7)),
        dice.choice(("total", "revenue", "value")): dice.choice((27.5, 0.1, None, "much", 1e300)),
    }
    if dice.random() < 0.5:
        found["products"] = [product() for _ in range(dice.randrange(3))]
    if dice.random() < 0.2:
        found["is_machine"] = True
    return found
