"""A person's item stays small, whatever a bot sends and however long somebody stays."""

from __future__ import annotations

import random
import zlib
from typing import Any

import msgspec
import pytest

from millrace.clock import DAY_MS
from millrace.profiles.facts import Fact
from millrace.profiles.fold import fold
from millrace.profiles.model import Stem
from millrace.profiles.seen import remember
from tests.core.profiles.behaviours import RULES, shopper_fact
from tests.core.profiles.stories import NOON, World, event

MOST_BYTES = 128 * 1024
"""Of one stem that met every bound with values of ordinary size, packed. An item holds 400 KB."""
ORDINARY_BYTES = 2_048
"""Of a person with 20 traits and 200 events, packed and not yet sealed: two write units."""
pack = msgspec.msgpack.Encoder().encode


def packed(stem: Stem) -> int:
    return len(zlib.compress(pack(stem), 1))


def bot_fact(dice: random.Random, number: int) -> Fact:
    """Never the same name twice: label, trait, category, product, order, source."""
    fact = shopper_fact(dice, number, NOON + number * 977, products=10**9)
    junk = f"{dice.getrandbits(64):016x}"
    is_named = number % 3 == 0
    event = msgspec.structs.replace(
        fact.event,
        type="track",
        name=f"Event {junk}" if is_named else fact.event.label,
        source=f"source-{number % 40}",
        traits={f"points_{junk}": number, "likes_a": [junk], "other": junk},
        properties={**fact.event.properties, "category": f"category {junk}", "name": junk},
    )
    return msgspec.structs.replace(fact, event=event, id=dice.randbytes(12))


def bot(count: int, each: int) -> Stem:
    dice = random.Random(7)
    stem = Stem(key="k")
    for first in range(0, count, each):
        facts = [bot_fact(dice, number) for number in range(first, min(count, first + each))]
        seen, _ = remember(stem.seen, {fact.id: fact.time for fact in facts}, "k")
        stem = msgspec.structs.replace(fold(stem, facts, rules=RULES), seen=seen)
    return stem


def test_a_bot_meets_every_bound_and_stays_under_the_stated_size() -> None:
    early, late = bot(3_000, 500), bot(9_000, 500)
    assert {"labels_overflow", "traits_overflow", "sources_overflow"} <= set(late.flags)
    assert late.behaviour.is_partial
    assert packed(late) < MOST_BYTES
    assert packed(late) < 1.1 * packed(early)


@pytest.mark.slow
def test_a_hundred_thousand_events_of_a_bot_stay_under_the_stated_size() -> None:
    stem = bot(100_000, 1_000)
    assert sum(count.count for count in stem.counters.values()) < 100_000
    assert packed(stem) < MOST_BYTES


def ordinary(count: int) -> Stem:
    """Somebody who comes every few days, looks at things and now and then puts one in the cart."""
    dice = random.Random(3)
    at = NOON
    facts = []
    for number in range(count):
        at += dice.choice((DAY_MS, 3 * DAY_MS)) if number % 8 == 0 else dice.randrange(90_000)
        name, kind = dice.choice(VISITS)
        product = dice.randrange(40)
        facts.append(
            WORLD.fact(
                event(
                    f"m{number}",
                    user="u",
                    at=at - NOON,
                    name=name,
                    kind=kind,
                    traits=TRAITS if number % 50 == 0 else {},
                    properties={
                        "product_id": f"p{product}",
                        "category": f"category {product % 7}",
                        "price": product + 0.99,
                        "order_id": "o1",
                    },
                )
            )
        )
    stem = fold(Stem(key="i#user_id#u"), facts, rules=RULES)
    seen = stem.seen
    for fact in facts:
        seen, _ = remember(seen, {fact.id: fact.time}, "k")
    return msgspec.structs.replace(stem, seen=seen)


WORLD = World()
VISITS = [("Product Viewed", "track")] * 6 + [
    ("", "page"),
    ("", "page"),
    ("Email Opened", "track"),
    ("Email Link Clicked", "track"),
    ("Product Added", "track"),
    ("Order Completed", "track"),
]
TRAITS: dict[str, Any] = {f"trait_{number}": f"value {number * 7919}" for number in range(20)}


def test_an_ordinary_person_fits_two_write_units_and_does_not_grow() -> None:
    early, late = ordinary(200), ordinary(3_000)
    assert packed(early) < ORDINARY_BYTES
    same_ids = msgspec.structs.replace(late, seen=early.seen)  # the ring of ids breathes
    assert packed(same_ids) <= 1.05 * packed(early)
