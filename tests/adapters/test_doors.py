"""The tracking plan as intake is wired to it."""

import pytest

from millrace.adapters.doors import tracking_plan
from millrace.errors import RejectedEvent
from millrace.events import Event, Identifier
from millrace.settings import PlanSettings

BOB = Identifier("user_id", "bob")


def a_track(name, source="website", **properties):
    return Event(
        message_id="m1",
        type="track",
        name=name,
        source=source,
        event_at=1,
        received_at=1,
        anchor=BOB,
        identifiers=(BOB,),
        properties=properties,
    )


def test_without_a_policy_nothing_is_lost_and_what_is_invalid_is_flagged():
    check = tracking_plan({})
    unplanned = a_track("Danced On The Table")
    assert check(unplanned) is unplanned
    assert "event_invalid" in check(a_track("Order Completed", revenue="much")).flags


def test_a_source_can_be_held_to_the_plan():
    check = tracking_plan({"server": PlanSettings(unplanned="fail", invalid="fail")})
    with pytest.raises(RejectedEvent, match="event_unplanned"):
        check(a_track("Danced On The Table", source="server"))
    with pytest.raises(RejectedEvent):
        check(a_track("Order Completed", source="server", revenue="much"))
    assert check(a_track("Danced On The Table", source="website")).flags == ()
