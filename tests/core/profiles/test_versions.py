"""Whichever version of an event arrived, what is computed of a person is the same."""

from __future__ import annotations

import itertools

import msgspec
import pytest

from millrace.events import Event
from millrace.events.plan import Plan, hold_to_plan
from millrace.lake import open_event, to_row
from tests.core.profiles.stories import NOON, World, event
from tests.core.versions import ORDERS, planned

PLAN = Plan([ORDERS])
VERSIONS = (
    {"order_number": "o-7", "cents": 1999, "currency": "EUR"},
    {"order_id": "o-7", "amount": 19.99, "currency": "EUR"},
    {"order_id": "o-7", "revenue": 19.99, "currency": "EUR"},
)


@pytest.fixture(autouse=True)
def _planned(monkeypatch):
    with planned(monkeypatch, ORDERS):
        yield


def order(properties, number=7) -> Event:
    """As intake keeps it under the plan."""
    said = event(f"m{number}", user="ann", at=number, name="Order Completed", properties=properties)
    return hold_to_plan(said, PLAN)


def computed(*events):
    world = World()
    world.apply(*events)
    return world.profile("user_id", "ann").computed


def test_a_computed_trait_is_the_same_whichever_version_arrived():
    old, middle, new = (computed(order(properties)) for properties in VERSIONS)
    assert old == middle == new
    assert (new.orders, new.lifetime_value) == (1, {"EUR": 19.99})


def test_versions_in_any_mixture_and_order_are_one_profile():
    several = [
        order({**VERSIONS[number % 3], "order_number": f"o-{number}"}
              if number % 3 == 0 else {**VERSIONS[number % 3], "order_id": f"o-{number}"}, number)
        for number in range(4)
    ]  # fmt: skip
    found = {repr(computed(*some)) for some in itertools.permutations(several)}
    assert len(found) == 1
    assert computed(*several).orders == 4


def test_two_sources_that_tell_of_one_order_in_two_versions_count_it_once():
    sent = [msgspec.structs.replace(order(VERSIONS[0], 1), source="app"), order(VERSIONS[2], 2)]
    told = computed(*sent)
    assert (told.orders, told.lifetime_value) == (1, {"EUR": 19.99})


def test_an_event_from_before_there_were_versions_has_no_mark_and_is_read_as_the_first():
    bare = event("m7", user="ann", at=7, name="Order Completed", properties=VERSIONS[0])
    assert bare == order(VERSIONS[0])


@pytest.mark.parametrize("properties", VERSIONS)
def test_a_rebuild_from_the_lake_gives_the_same_and_the_lake_keeps_what_arrived(properties):
    stored, world = order(properties), World()
    world.apply(stored)
    key = world.key("user_id", "ann")
    subject = world.subjects.keys([key])[key]
    row = to_row(stored, subject)
    assert (row.revenue, row.currency) == (19.99, "EUR")
    assert row.properties["order_id"] == "o-7"
    back = open_event(row.sealed, subject.key)
    assert back == stored
    rebuilt = World()
    rebuilt.apply(back)
    assert rebuilt.canonical() == world.canonical()


def test_an_event_that_no_profile_takes_is_kept_as_it_arrived(monkeypatch):
    """So that its replay reads it once, as the first time."""
    world = World()
    monkeypatch.setattr("millrace.profiles.encoding.MAX_STATE_BYTES", 1)
    outcome = world.apply(order(VERSIONS[0]))
    assert outcome.failed == 1
    (failed,) = world.failed.kept
    back = msgspec.json.decode(failed.payload, type=Event)
    assert back == order(VERSIONS[0])
    assert failed.received_at == NOON + 507
