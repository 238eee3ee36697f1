"""Whom an event is about, under the owner's rules."""

import dataclasses

import msgspec
import pytest

from millrace.events import Identifier
from millrace.events.identifiers import IdentifierRules

RULES = IdentifierRules(
    blocked=frozenset({"guest-1"}), shared_emails=("info@*",), phone_region="DE"
)


@pytest.fixture
def event(intake):
    intake.doors = dataclasses.replace(intake.doors, rules=RULES)

    def one(**item):
        return intake.one("identify", item)

    return one


def ids(event):
    return [tuple(msgspec.to_builtins(each)) for each in event.identifiers]


@pytest.mark.parametrize("place", [{"traits": {"phone": "030 123456"}},
                                   {"context": {"traits": {"phone": "+4930123456"}}}])  # fmt: skip
def test_a_phone_number_of_the_traits_or_of_the_context_finds_a_person(event, place):
    found = event(userId="u1", **place)
    assert ids(found) == [("user_id", "u1"), ("phone", "+4930123456")]
    assert found.traits["phone"] == next(iter(_values(place)))


def _values(place):
    return place.get("traits", place.get("context", {}).get("traits", {})).values()


def test_an_event_may_be_about_nothing_but_a_phone_number(event):
    found = event(traits={"phone": "+4930123456"})
    assert found.anchor == Identifier("phone", "+4930123456")


def test_a_phone_number_that_is_none_stays_a_trait_and_is_flagged(event):
    found = event(userId="u1", traits={"phone": "ask me"})
    assert ids(found) == [("user_id", "u1")]
    assert "phone_unusable" in found.flags
    assert "identifier_blocked" not in found.flags
    assert found.traits == {"phone": "ask me"}


def test_a_blocked_value_finds_nobody_and_the_device_is_the_anchor(event):
    found = event(userId="Guest-1", anonymousId="a1")
    assert ids(found) == [("anonymous_id", "a1")]
    assert "identifier_blocked" in found.flags


def test_a_shared_inbox_is_a_trait_of_those_who_use_it_and_ties_nobody(event):
    found = event(userId="u1", traits={"email": "Info@shop.example"})
    assert ids(found) == [("user_id", "u1")]
    assert found.traits["email"] == "Info@shop.example"
    assert "identifier_shared" in found.flags


def test_what_names_nothing_but_a_shared_inbox_is_about_that_inbox(event):
    found = event(traits={"email": "info@shop.example"})
    assert ids(found) == [("email", "info@shop.example")]
