"""Operations in the fold: each is taken once, and none is something that the person did."""

from __future__ import annotations

from tests.core.profiles.stories import NOON, World, event


def operation(message_id, *, at=0, name="identity.block", **who):
    return event(message_id, kind="operation", source="operator", at=at, operation=name, **who)


def test_an_operation_is_applied_once_and_is_no_behaviour():
    world = World()
    world.apply(event("m1", user="ann", at=5, traits={"plan": "pro"}))
    before = world.canonical()
    outcome = world.apply(operation("o1", user="ann", email="x@x.com", at=9, name="some.thing"))
    assert (outcome.applied, outcome.duplicate) == (1, 0)
    again = world.apply(operation("o1", user="ann", email="x@x.com", at=9, name="some.thing"))
    assert (again.applied, again.duplicate) == (0, 1)
    assert world.canonical() == before
    assert world.profile("user_id", "ann").last_seen == NOON + 5


def test_an_operation_on_nobody_makes_no_visible_profile_and_tells_no_destination():
    world = World()
    assert world.apply(operation("o1", user="ann", name="some.thing")).applied == 1
    assert world.profile("user_id", "ann") is None
    key = world.key("user_id", "ann")
    assert world.store.rows[key].dirty == {}
    assert len(world.person(key).stems) == 1
    world.apply(event("m1", user="ann", at=5))
    assert world.profile("user_id", "ann").first_seen == NOON + 5


def test_an_operation_before_or_after_the_events_it_concerns_ends_in_the_same_profile():
    one, other = World(), World()
    log = [event("m1", user="ann", at=5), operation("o1", user="ann", at=1, name="some.thing")]
    one.apply(*log)
    for each in reversed(log):
        other.apply(each)
    assert one.canonical() == other.canonical()
