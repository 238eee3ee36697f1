"""What a rollback would do, and that doing it does exactly that."""

from __future__ import annotations

import msgspec
import pytest

from millrace.lake.history import past_of
from millrace.lake.rollback import past_values, plan_rollback
from millrace.profiles.keyring import Keyring
from millrace.profiles.model import Void
from millrace.profiles.rules import ReadRules
from millrace.profiles.voids import MAX_RESTORED_BYTES, restored_of
from tests.core.lake.test_changes import Recorder, Told
from tests.core.profiles.stories import NOON, PRIORITIES, event
from tests.core.profiles.test_rollbacks import rollback, said


def plan(world: Recorder, void: Void, user="ann"):
    person = world.person(world.profile("user_id", user).key)
    keyring = Keyring(world.subjects.read)
    past = past_values(Told(world.lake()), person, world.clock.now_ms(), keyring)
    return plan_rollback(person, void, past, ReadRules(priorities=PRIORITIES))


def a_void(since, until=99, trait="plan", source="") -> Void:
    return Void(NOON + until, b"o" * 12, NOON + since, trait, source)


def told(found):
    return {
        name: (was.candidate.value.decode(), now and now.candidate.value.decode())
        for name, (was, now) in found.traits.items()
    }


def world_with(*log) -> Recorder:
    world = Recorder()
    for one in log:
        world.clock.advance(1000)
        world.apply(one)
    return world


def test_what_is_kept_needs_no_history():
    found = plan(world_with(said("m1", 1, plan="free"), said("m2", 5, plan="pro")), a_void(5))
    assert told(found) == {"plan": ('"pro"', '"free"')}
    assert (found.restored, found.forgotten, found.is_needed) == ((), 0, True)


def test_what_the_profile_has_forgotten_comes_from_the_history_as_it_was():
    log = [said(f"m{n}", n, plan=f"plan {n}") for n in range(9)]
    world = world_with(*log)
    found = plan(world, a_void(4))
    assert told(found) == {"plan": ('"plan 8"', '"plan 3"')}
    (one,) = found.restored
    assert (one.source, one.candidate.at) == ("crm", NOON + 3)
    assert one.candidate.event == world.fact(log[3]).id
    put_back = restored_of(one.trait, one.source, one.candidate)
    world.apply(rollback("o1", 99, trait="plan", to=3, restore=[put_back]))
    assert world.profile("user_id", "ann").traits == {"plan": "plan 3"}
    row = past_of(Told(world.lake()), world.called("user_id", "ann"), world.clock.now_ms())
    assert row.traits["plan"].operator == "arn:ops"


def test_what_was_taken_back_before_is_not_put_back():
    log = [said(f"m{n}", n, plan=f"plan {n}") for n in range(9)]
    world = world_with(*log, rollback("o1", 50, source="crm", since=3))
    assert world.profile("user_id", "ann").traits == {}
    world.apply(said("m9", 60, plan="plan 9"))
    assert told(plan(world, a_void(55))) == {"plan": ('"plan 9"', '"plan 2"')}


def test_a_value_that_still_stands_and_weighs_more_stays():
    log = [said("m1", 1, source="web", plan="old"), said("m2", 2, source="crm", plan="free")]
    world = world_with(*log, said("m3", 5, source="crm", plan="pro"))
    assert told(plan(world, a_void(5))) == {"plan": ('"pro"', '"free"')}


def test_nothing_to_take_back_is_said_so():
    found = plan(world_with(said("m1", 1, plan="free")), a_void(5))
    assert (found.traits, found.restored, found.is_needed) == ({}, (), False)


def test_a_losing_value_is_taken_back_though_no_reader_sees_it():
    world = world_with(said("m1", 1, plan="free"), said("m2", 7, source="web", plan="pro"))
    found = plan(world, a_void(5))
    assert (found.traits, found.is_needed) == ({}, True)


def test_a_person_gets_back_their_own_values_only():
    """While two were one, each trait's rows stood under one root: each keeps its own."""
    world = world_with(
        said("a1", 1, user="", anonymous="phone", plan="phone 1"),
        said("u1", 2, plan="ann 2"),
        event("t1", user="ann", anonymous="phone", at=30),
        said("u2", 33, plan="ann 33"),
        said("u3", 34, plan="ann 34"),
        said("u4", 35, plan="ann 35"),
        event("b1", user="bob", anonymous="phone", at=-9),  # an older tie: the phone is bob's
    )
    assert told(plan(world, a_void(33)))["plan"] == ('"ann 35"', '"ann 2"')
    assert told(plan(world, a_void(1), user="bob"))["plan"] == ('"phone 1"', None)


def test_more_than_one_operation_can_put_back_is_said_so():
    values = {f"t{n}": "x" * 4000 for n in range(4)}
    log = [said("m0", 0, **values)]
    log += [said(f"m{n}", n, **dict.fromkeys(values, n)) for n in (5, 6)]
    found = plan(world_with(*log), a_void(5, trait="", source="crm"))
    assert (len(found.restored), found.forgotten) == (2, 2)
    assert sum(len(one.candidate.value) for one in found.restored) <= MAX_RESTORED_BYTES


def test_a_rollback_is_in_the_history_with_who_did_it():
    world = world_with(said("m1", 1, plan="free"), said("m2", 5, plan="pro"))
    world.apply(rollback("o1", 9, trait="plan", to=4))
    rows = [row for row in world.lake().rows if row.operator]
    assert {(row.change, row.name.partition("@")[0]) for row in rows} == {
        ("rolled_back", "plan"),
        ("trait_set", "plan"),
    }
    assert {row.operator for row in rows} == {"arn:ops"}


@pytest.mark.parametrize("status", ["granted", "denied"])
def test_an_answer_about_consent_is_a_change_with_its_source(status):
    preferences = {"email_marketing": status == "granted"}
    asked = said("m1", 1, plan="free")
    asked = msgspec.structs.replace(
        asked, context={"consent": {"categoryPreferences": preferences}}
    )
    world = world_with(asked)
    (row,) = [row for row in world.lake().rows if row.change == "consent_set"]
    assert (row.name, row.source) == ("email_marketing", "crm")
    past = past_of(Told(world.lake()), world.called("user_id", "ann"), world.clock.now_ms())
    assert list(past.consents) == ["email_marketing"]
