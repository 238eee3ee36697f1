"""What an operator took back stays taken back, in whatever order things arrive."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from millrace.profiles.fold import VALUES_PER_SOURCE
from millrace.profiles.voids import MAX_RESTORED_BYTES, MAX_VOIDS
from tests.core.profiles.stories import NOON, World, event, world_of


def said(message_id, at, source="crm", user="ann", anonymous="", **traits):
    return event(
        message_id,
        user=user,
        anonymous=anonymous,
        at=at,
        source=source,
        kind="identify",
        traits=traits,
    )


def rollback(message_id, at, *, user="ann", anonymous="", **properties: Any):
    """A rollback at `at`; the times in `properties` are milliseconds after noon, too."""
    name = "trait.rollback" if "trait" in properties else "source.rollback"
    for time in ("to", "since"):
        if time in properties:
            properties[time] += NOON
    asked = event(
        message_id,
        user=user,
        anonymous=anonymous,
        at=at,
        kind="operation",
        source="operator",
        operation=name,
    )
    who = f"user_id:{user}" if user else f"anonymous_id:{anonymous}"
    told = {"identifier": who, **properties, "operator": "arn:ops", "reason": "wrong import"}
    return msgspec.structs.replace(asked, properties=told)


def traits(*log, user="ann"):
    """What every order of the log makes of the person's traits; it is always the same."""
    found = set()
    for some in permutations(log):
        world = world_of([[one] for one in some])
        found.add(msgspec.json.encode(world.profile("user_id", user).traits, order="sorted"))
    (only,) = found
    return msgspec.json.decode(only)


def test_a_trait_goes_back_to_what_it_was():
    log = [said("m1", 1, plan="free"), said("m2", 5, plan="pro"), said("m3", 5, city="Ulm")]
    assert traits(*log) == {"plan": "pro", "city": "Ulm"}
    assert traits(*log, rollback("o1", 9, trait="plan", to=4)) == {"plan": "free", "city": "Ulm"}


def test_a_late_event_in_the_range_stays_taken_back_and_a_new_write_wins_again():
    log = [said("m1", 1, plan="free"), rollback("o1", 9, trait="plan", to=4)]
    assert traits(*log, said("late", 5, plan="pro")) == {"plan": "free"}
    assert traits(*log, said("new", 10, plan="pro")) == {"plan": "pro"}


@pytest.mark.parametrize(("at", "plan"), [(4, "pro"), (5, None), (9, None), (10, "pro")])
def test_the_range_is_from_after_the_moment_to_the_operation(at, plan):
    found = traits(said("m1", at, plan="pro"), rollback("o1", 9, trait="plan", to=4))
    assert found.get("plan") == plan


@pytest.mark.parametrize(("at", "plan"), [(3, "pro"), (4, None), (9, None), (10, "pro")])
def test_a_sources_writes_are_taken_back_from_the_moment_on(at, plan):
    found = traits(said("m1", at, plan="pro"), rollback("o1", 9, source="crm", since=4))
    assert found.get("plan") == plan


def test_one_source_is_taken_back_and_the_others_stand():
    log = [said("m1", 5, plan="pro", city="Ulm"), said("m2", 6, source="web", plan="free")]
    assert traits(*log) == {"plan": "pro", "city": "Ulm"}
    assert traits(*log, rollback("o1", 9, source="crm", since=4)) == {"plan": "free"}
    only = rollback("o1", 9, trait="plan", to=4, source="web")
    assert traits(*log, only) == {"plan": "pro", "city": "Ulm"}


def test_a_rollback_holds_for_every_stem_of_the_person():
    tie = said("t1", 2, anonymous="phone")
    other = said("m1", 5, user="", anonymous="phone", plan="pro")
    assert traits(tie, other) == {"plan": "pro"}
    assert traits(tie, other, rollback("o1", 9, trait="plan", to=4)) == {}


def test_what_the_profile_has_forgotten_is_put_back_with_its_source_time_and_event():
    log = [said(f"m{n}", n, plan=f"plan {n}") for n in range(VALUES_PER_SOURCE + 2)]
    world = world_of([log])
    first = world.fact(log[0])
    one = {
        "trait": "plan",
        "source": "crm",
        "at": NOON,
        "event": first.id.hex(),
        "value": "plan 0",
    }
    gone = rollback("o1", 9, trait="plan", to=0)
    assert traits(*log, gone) == {}
    assert traits(*log, rollback("o1", 9, trait="plan", to=0, restore=[one])) == {"plan": "plan 0"}
    again = rollback("o2", 12, source="crm", since=0)
    assert traits(rollback("o1", 9, trait="plan", to=0, restore=[one]), log[0], again) == {}


def test_a_rollback_changes_no_counter_and_nothing_else_of_the_person():
    log = [said("m1", 1, plan="free"), event("m2", user="ann", at=2)]
    before = world_of([log]).profile("user_id", "ann")
    after = world_of([[*log, rollback("o1", 9, trait="plan", to=0)]]).profile("user_id", "ann")
    assert after.traits == {}
    assert before.counters == after.counters
    assert (before.last_seen, before.as_of) == (after.last_seen, after.as_of)


def test_destinations_are_told_of_a_rollback():
    world = world_of([[said("m1", 5, plan="pro")]])
    key = world.key("user_id", "ann")
    world.store.clear_dirty(key, "klaviyo", 1)
    world.apply(rollback("o1", 9, trait="plan", to=4))
    assert world.store.rows[key].dirty == {"klaviyo": 2}


def test_a_stem_keeps_a_bounded_number_of_rollbacks_and_says_so():
    operations = [rollback(f"o{n}", n, trait="plan", to=0) for n in range(MAX_VOIDS + 3)]
    stems = []
    for order in (operations, operations[::-1]):
        world = world_of([order])
        key = world.key("user_id", "ann")
        (stem,) = world.person(key).stems
        stems.append((stem.voids, stem.flags))
    assert stems[0] == stems[1]
    assert [void.until for void in stems[0][0]] == [NOON + n for n in range(3, MAX_VOIDS + 3)]
    assert "voids_overflow" in stems[0][1]


def test_what_one_operation_puts_back_is_bounded():
    one = {"trait": "t", "source": "crm", "at": NOON, "event": "0" * 24, "value": "x" * 3000}
    some = [one | {"trait": f"t{n}"} for n in range(4)]
    world = world_of([[rollback("o1", 9, trait="plan", to=0, restore=some), said("m1", 10)]])
    shown = world.profile("user_id", "ann").traits
    assert sorted(shown) == ["t0", "t1"]
    assert sum(map(len, shown.values())) < MAX_RESTORED_BYTES


def test_an_operation_that_nobody_could_have_asked_for_is_a_failed_event_and_blocks_nobody():
    world = World()
    broken = rollback("o1", 9, trait="plan", to=4)
    broken = msgspec.structs.replace(broken, properties={"trait": 7})
    outcome = world.apply(broken, said("m1", 1, user="bob", plan="free"))
    assert (outcome.failed, outcome.applied, outcome.retry) == (1, 1, [])


WHO = st.sampled_from([("ann", ""), ("ann", "phone"), ("", "phone"), ("bob", "")])
WRITES = st.tuples(
    WHO,
    st.integers(0, 9),
    st.sampled_from(["crm", "web"]),
    st.dictionaries(st.sampled_from(["plan", "city"]), st.integers(0, 2), min_size=1),
)
TAKEN = st.tuples(
    st.sampled_from([("ann", ""), ("", "phone"), ("bob", "")]),
    st.integers(0, 12),
    st.integers(0, 9),
    st.sampled_from(["", "crm", "web"]),
    st.sampled_from(["", "plan", "city"]),
)


@settings(max_examples=80, deadline=None)
@given(st.lists(WRITES, max_size=8), st.lists(TAKEN, min_size=1, max_size=3), st.randoms())
def test_rollbacks_forget_the_order_of_arrival(writes, taken, random):
    log = [
        said(f"m{n}", at, source, user, anonymous, **values)
        for n, ((user, anonymous), at, source, values) in enumerate(writes)
    ]
    for n, ((user, anonymous), at, since, source, trait) in enumerate(taken):
        what = {"trait": trait, "to": since} if trait else {"since": since}
        named = {"source": source or "crm"} if not trait or source else {}
        log.append(rollback(f"o{n}", at, user=user, anonymous=anonymous, **what, **named))
    shuffled = [*log, *random.sample(log, len(log) // 2)]
    random.shuffle(shuffled)
    cut = random.randint(0, len(shuffled))
    one, other = world_of([log]), world_of([shuffled[:cut], shuffled[cut:]])
    assert one.canonical() == other.canonical()
