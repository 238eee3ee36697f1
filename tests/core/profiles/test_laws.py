"""The laws of the fold and of identity, on generated logs: order, repeats and splits vanish."""

from __future__ import annotations

import random
from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from millrace.behaviour.carts import MAX_LINES
from millrace.behaviour.orders import MAX_ORDERS, unpack
from millrace.events import Event
from millrace.identity.model import Limits
from millrace.profiles.facts import Fact
from millrace.profiles.fold import fold, merged
from millrace.profiles.model import Stem
from tests.core.profiles.behaviours import LABELS, RULES, shopper_log, shopper_properties
from tests.core.profiles.stories import World, event, world_of

SMALL = Limits(user_id=3, email=2, anonymous_id=3)
TIGHT = Limits(user_id=2, email=2, anonymous_id=3)
"""So small that generated people meet every limit."""
quick = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
)

LOGS = 2_000
canonical = msgspec.json.Encoder(order="deterministic").encode

users, devices = (
    st.sampled_from(["", "u1", "u2", "u3"]),
    st.sampled_from(["", "a1", "a2", "a3", "a4"]),
)
emails = st.sampled_from(["", "", "e1@x.com", "e2@x.com", "e3@x.com"])
values = st.sampled_from([None, 1, 1.5, True, "Ann", "Ánn", ["x"], {"b": 1, "a": 2}])


@st.composite
def events(draw: st.DrawFn, number: int) -> Event:
    kind = draw(st.sampled_from(["track", "track", "identify", "page", "alias"]))
    user, device, email = draw(users), draw(devices), draw(emails)
    previous = ""
    if kind == "alias":
        user, previous = user or "u1", draw(st.sampled_from(["a1", "a2", "u2", "u3", "old"]))
        previous = "" if previous == user else previous
    if not (user or device or email):
        device = "a1"
    return event(
        f"m{number}",
        user=user,
        anonymous=device,
        email=email,
        previous=previous,
        at=draw(st.integers(0, 6)) * 1000,
        kind=kind,
        name=draw(st.sampled_from(LABELS)),
        properties=shopper_properties(random.Random(draw(st.integers(0, 99))), products=3),
        source=draw(st.sampled_from(["web", "crm", "app"])),
        traits=draw(st.dictionaries(st.sampled_from(["first_name", "plan"]), values, max_size=2)),
    )


@st.composite
def logs(draw: st.DrawFn) -> list[Event]:
    return [draw(events(number)) for number in range(draw(st.integers(1, 9)))]


def split(log: list[Event], dice: random.Random) -> list[list[Event]]:
    batches: list[list[Event]] = [[]]
    for one in log:
        if dice.random() < 0.4:
            batches.append([])
        batches[-1].append(one)
    return [batch for batch in batches if batch]


@quick
@given(logs(), st.randoms(use_true_random=False))
def test_any_order_repetition_and_split_gives_byte_equal_profiles(
    log: list[Event], dice: random.Random
) -> None:
    one_batch = world_of([log], limits=SMALL)
    shuffled = log + dice.choices(log, k=dice.randint(0, 4))
    dice.shuffle(shuffled)
    in_pieces = world_of(split(shuffled, dice), limits=SMALL)
    assert in_pieces.canonical() == one_batch.canonical()
    assert one_batch.counted() == len(log)


@pytest.mark.parametrize("seed", range(30))
def test_a_crowd_that_shares_devices_and_addresses_is_the_same_people_in_any_order(
    seed: int,
) -> None:
    dice = random.Random(seed)
    log = [crowd_event(number, dice) for number in range(30)]
    expected = world_of([log], limits=TIGHT).canonical()
    shuffled = log + dice.choices(log, k=5)
    dice.shuffle(shuffled)
    assert world_of(split(shuffled, dice), limits=TIGHT).canonical() == expected


def crowd_event(number: int, dice: random.Random) -> Event:
    kind = dice.choice(["track", "identify", "alias", "track"])
    user = dice.choice(["", "u1", "u2", "u3", "u4", "u5"])
    device = dice.choice(["", "a1", "a2", "a3", "a4", "a5", "a6"])
    email = dice.choice(["", "", "e1@x.com", "e2@x.com", "e3@x.com"])
    previous = ""
    if kind == "alias":
        user, previous = user or "u1", dice.choice(["a1", "a2", "u2", "u3", "u5"])
        previous = "" if previous == user else previous
    if not (user or device or email):
        device = "a1"
    if dice.random() < 0.15:
        return operators_word(number, dice, user or "u1", device or "a1")
    return event(
        f"m{number}",
        user=user,
        anonymous=device,
        email=email,
        previous=previous,
        at=dice.randint(0, 20) * 1000,
        kind=kind,
        source=dice.choice(["web", "crm"]),
        traits={"plan": dice.randint(0, 3)},
    )


def operators_word(number: int, dice: random.Random, user: str, device: str) -> Event:
    return event(
        f"m{number}",
        user=user,
        anonymous=device,
        at=dice.randint(0, 20) * 1000,
        kind="operation",
        operation=dice.choice(["identity.block", "identity.block", "identity.allow"]),
        source="operator",
    )


@quick
@given(st.lists(st.text(max_size=3), max_size=40), st.randoms(use_true_random=False))
def test_bounds_keep_the_same_names_whichever_came_first(
    names: list[str], dice: random.Random
) -> None:
    log = [
        event(f"m{number}", user="u", name=name or "x", at=number, traits={name: number})
        for number, name in enumerate(names)
    ]
    facts = [World().fact(one) for one in log]
    bounded = _fold_with_small_bounds(facts)
    again = _fold_with_small_bounds(dice.sample(facts, len(facts)))
    assert again == bounded
    assert len(bounded.traits) <= 5
    assert len(bounded.counters) <= 5
    for label, counter in bounded.counters.items():
        assert counter.count == sum((name or "x") == label for name in names)


def _fold_with_small_bounds(facts: list[object]) -> Stem:
    import millrace.profiles.fold as folding

    before = folding.MAX_TRAITS, folding.MAX_LABELS, folding.MAX_IDENTIFIERS
    folding.MAX_TRAITS, folding.MAX_LABELS, folding.MAX_IDENTIFIERS = 5, 5, 5
    try:
        stem = Stem(key="k")
        for fact in facts:
            stem = fold(stem, [fact])  # type: ignore[list-item]
        return stem
    finally:
        folding.MAX_TRAITS, folding.MAX_LABELS, folding.MAX_IDENTIFIERS = before


@settings(max_examples=LOGS, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(st.integers(0, 2**32), st.integers(1, 16))
def test_behaviour_and_policies_obey_the_laws_byte_for_byte(seed: int, size: int) -> None:
    """Commutative, associative, free of splits and of which stem an event went to."""
    dice = random.Random(seed)
    log = shopper_log(dice, size)
    expected = canonical(folded(log))
    shuffled = dice.sample(log, len(log))
    first, second = sorted((dice.randint(0, size), dice.randint(0, size)))
    parts = [shuffled[:first], shuffled[first:second], shuffled[second:]]
    in_pieces = Stem(key="k")
    for part in parts:
        in_pieces = fold(in_pieces, part, rules=RULES)
    assert canonical(in_pieces) == expected
    a, b, c = (folded(part) for part in parts)
    assert canonical(merged([a, b, c])) == expected
    assert canonical(merged([merged([c, a]), b])) == expected
    assert canonical(merged([c, merged([b, a])])) == expected


@pytest.mark.parametrize("seed", range(2))
def test_the_laws_hold_where_every_bound_is_met(seed: int) -> None:
    dice = random.Random(seed)
    log = shopper_log(dice, 2500, products=2000)
    expected = folded(log)
    shuffled = dice.sample(log, len(log))
    in_pieces = Stem(key="k")
    for at in range(0, len(shuffled), 25):
        in_pieces = fold(in_pieces, shuffled[at : at + 25], rules=RULES)
    assert canonical(in_pieces) == canonical(expected)
    halves = folded(shuffled[::2]), folded(shuffled[1::2])
    assert canonical(merged(halves)) == canonical(expected)
    assert expected.behaviour.is_partial
    assert len(unpack(expected.behaviour.orders)) == MAX_ORDERS
    assert len(expected.behaviour.cart.lines) <= MAX_LINES


def folded(facts: Sequence[Fact]) -> Stem:
    return fold(Stem(key="k"), facts, rules=RULES)
