"""Each trait has its own policy: what a reader sees where sources, times and values differ."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from millrace.behaviour.amounts import millionths, plain
from millrace.profiles.fold import fold, merged
from millrace.profiles.model import Person, Stem
from millrace.profiles.policies import MAX_ELEMENTS
from millrace.profiles.rules import ReadRules
from millrace.profiles.view import winners, winning_values
from millrace.settings import TraitPolicy
from tests.core.profiles.stories import World, event, world_of

WORLD = World()
Given = tuple[int, str, Any]
"""When, by which source, which value."""

STORY: list[Given] = [(3, "web", 5), (1, "crm", 9), (2, "app", 2), (4, "web", 7)]


def seen_under(policy: TraitPolicy, given: Sequence[Given], stems: int = 1) -> Any:
    rules = ReadRules(priorities={"crm": 90}, policies={"x": policy})
    folded = []
    for number in range(stems):
        facts = [
            WORLD.fact(event(f"m{place}", user="u", at=at, source=source, traits={"x": value}))
            for place, (at, source, value) in enumerate(given)
            if place % stems == number
        ]
        folded.append(fold(Stem(key=f"k{number}"), facts, rules=rules))
    values = winning_values(Person(keys=("k0",), stems=tuple(folded)), rules)
    return msgspec.json.decode(values["x"]) if "x" in values else None


@pytest.mark.parametrize("stems", [1, 2])
@pytest.mark.parametrize(
    ("policy", "value"),
    [
        ("priority", 9),
        ("recent", 7),
        ("first", 9),
        ("min", 2),
        ("max", 9),
        ("sum", 23),
        ("union", [2, 5, 7, 9]),
    ],
)
def test_a_policy_decides_alike_in_every_order_and_over_one_stem_or_two(
    policy: TraitPolicy, value: object, stems: int
) -> None:
    for seed in range(8):
        given = random.Random(seed).sample(STORY, len(STORY))
        assert seen_under(policy, given, stems) == value


def test_a_sum_of_tenths_is_exact() -> None:
    assert seen_under("sum", [(at, "web", 0.1) for at in range(10)]) == 1
    assert seen_under("sum", [(1, "web", 1e12), (2, "web", 0.000001), (3, "web", -1e12)]) == 1e-06


def test_what_cannot_be_added_or_compared_is_passed_over() -> None:
    assert seen_under("sum", [(1, "web", 5), (2, "web", "many"), (3, "web", True)]) == 5
    assert seen_under("sum", [(1, "web", 1e300), (2, "web", 4)]) == 4
    assert seen_under("max", [(1, "web", 5), (2, "web", None), (3, "web", {"a": 1})]) == 5
    assert seen_under("sum", [(1, "web", "many")]) is None


def test_texts_are_compared_as_texts_so_that_the_latest_iso_date_is_the_max() -> None:
    given = [(1, "web", "2026-03-01"), (2, "web", "2025-12-31")]
    assert seen_under("max", given) == "2026-03-01"
    assert seen_under("min", given) == "2025-12-31"


def test_a_union_takes_lists_and_single_values_and_stays_bounded() -> None:
    assert seen_under("union", [(1, "web", ["a", "b"]), (2, "crm", "c"), (3, "web", ["a"])]) == [
        "a",
        "b",
        "c",
    ]
    many = seen_under("union", [(at, "web", [f"v{at}"]) for at in range(100)])
    assert len(many) == MAX_ELEMENTS
    assert many == seen_under("union", [(at, "web", [f"v{at}"]) for at in reversed(range(100))])


def test_losers_are_kept_so_a_choosing_policy_can_change_without_new_events() -> None:
    facts = [
        WORLD.fact(event(f"m{at}", user="u", at=at, source=source, traits={"x": value}))
        for at, source, value in STORY
    ]
    person = Person(keys=("k",), stems=(fold(Stem(key="k"), facts),))
    seen = {
        policy: msgspec.json.decode(
            winning_values(person, ReadRules(priorities={"crm": 90}, policies={"x": policy}))["x"]
        )
        for policy in ("priority", "recent", "max", "min", "first", "union")
    }
    assert seen == {
        "priority": 9,
        "recent": 7,
        "max": 9,
        "min": 2,
        "first": 9,
        "union": [2, 5, 7, 9],
    }
    assert winners(person, ReadRules())["x"].source == "web"


def test_the_policy_of_the_longest_beginning_holds_unless_the_trait_has_its_own() -> None:
    rules = ReadRules(policies={"points_*": "sum", "points_best_*": "max", "points_x": "first"})
    named = ["points_a", "points_best_a", "points_x", "plan"]
    assert [rules.policy(name) for name in named] == ["sum", "max", "first", "priority"]


def test_a_merge_adds_up_what_each_of_the_two_keeps_for_itself() -> None:
    policies: dict[str, TraitPolicy] = {"points": "sum"}
    log = [
        event("m1", user="u1", at=1, traits={"points": 5}),
        event("m2", anonymous="a1", at=2, traits={"points": 0.5}),
    ]
    apart = world_of([log], policies=policies)
    assert apart.profile("user_id", "u1").traits["points"] == 5
    together = world_of([[*log, event("m3", user="u1", anonymous="a1", at=3)]], policies=policies)
    joined = together.profile("user_id", "u1")
    assert joined.traits["points"] == 5.5
    assert joined.profile_id == together.profile("anonymous_id", "a1").profile_id


def test_two_full_stems_have_no_more_traits_than_one_of_all_their_events() -> None:
    facts = [
        WORLD.fact(event(f"m{n}", user="u", at=n, traits={f"t{n}": n, f"s{n}": n}))
        for n in range(300)
    ]
    one = fold(Stem(key="k0"), facts)
    two = (fold(Stem(key="k0"), facts[:150]), fold(Stem(key="k1"), facts[150:]))
    assert merged(two) == one
    rules = ReadRules()
    assert winning_values(Person(keys=("k0",), stems=two), rules) == winning_values(
        Person(keys=("k0",), stems=(one,)), rules
    )


@pytest.mark.parametrize(
    ("value", "amount"), [(0.1, 100_000), (2.5e-06, 2), (3.5e-06, 4), (7, 7_000_000), ("7", None)]
)
def test_numbers_are_rounded_to_millionths_half_to_even(value: object, amount: int | None) -> None:
    assert millionths(value) == amount
    assert plain(1_500_000) == 1.5
    assert type(plain(2_000_000)) is int
