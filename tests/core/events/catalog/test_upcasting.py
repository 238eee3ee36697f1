import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from millrace.events import Envelope, Event, Identifier, open_envelope, seal_envelope, upcasting
from millrace.events.plan import Plan, hold_to_plan, validate
from millrace.events.upcasting import NAMES, as_newest, read_as_newest, stored_version
from millrace.events.verdicts import COERCED
from tests.core.versions import ORDERS
from tests.fakes.vault import MemoryVault

PLAN = Plan.of_catalogue()
BOB = Identifier("user_id", "bob")
GOOD = {"ticket_id": 7, "score": "good", "mine": True}


def rated(properties, *, flags=(), context=None):
    return Event(
        message_id="m1",
        type="track",
        name="Satisfaction Rated",
        source="helpdesk",
        event_at=1,
        received_at=2,
        anchor=BOB,
        identifiers=(BOB,),
        properties=properties,
        context=context or {},
        flags=flags,
    )


def claiming(version):
    return {"protocols": {"event_version": version}}


def test_a_stored_event_of_version_1_is_read_as_version_2():
    vault = MemoryVault()
    record = seal_envelope(Envelope(events=(rated(GOOD),)), vault)
    (stored,) = open_envelope(record, vault).events
    assert read_as_newest(stored, PLAN).properties == {"ticket_id": 7, "score": 5, "mine": True}
    assert stored.properties == GOOD


def test_an_event_of_version_2_is_marked_by_intake_and_read_as_it_is():
    kept = hold_to_plan(rated({"ticket_id": 7, "score": 4}), PLAN)
    assert kept.flags == ("event_version_2",)
    assert stored_version(kept) == 2
    assert read_as_newest(kept, PLAN).properties == {"ticket_id": 7, "score": 4}


@pytest.mark.parametrize(("score", "version"), [("good", 1), ("bad", 1), (3, 2), ("3", 2)], ids=str)
def test_without_a_claim_an_event_is_of_the_version_that_it_is_valid_as(score, version):
    verdict = validate(PLAN, rated({"ticket_id": 7, "score": score}))
    assert (verdict.status, verdict.version) == ("valid", version)
    assert (COERCED in verdict.flags) == (score == "3")


def test_what_is_valid_as_no_version_is_reported_against_the_newest():
    verdict = validate(PLAN, rated({"ticket_id": 7, "score": "meh"}))
    assert (verdict.status, verdict.version) == ("invalid", 2)


def test_a_claimed_version_is_held_to():
    event = rated({"ticket_id": 7, "score": "meh"}, context=claiming(1))
    verdict = validate(PLAN, event)
    assert [(each.code, each.pointer) for each in verdict.violations] == [
        ("value_not_allowed", "/properties/score")
    ]


@pytest.mark.parametrize("version", [0, 3, -1, "two", 1.5, [], True])
def test_a_version_that_does_not_exist_is_a_violation(version):
    verdict = validate(PLAN, rated({"ticket_id": 7, "score": 3}, context=claiming(version)))
    assert [each.pointer for each in verdict.violations] == ["/context/protocols/event_version"]


@pytest.mark.parametrize("protocols", [None, [], "2", {}, {"event_version": None}])
def test_no_claim_is_no_violation(protocols):
    event = rated({"ticket_id": 7, "score": 3}, context={"protocols": protocols})
    assert validate(PLAN, event).status == "valid"


def test_an_event_with_one_version_is_handed_back_as_it_is():
    event = Event(
        message_id="m1",
        type="track",
        name="Cart Viewed",
        source="website",
        event_at=1,
        received_at=2,
        anchor=BOB,
    )
    assert read_as_newest(event, PLAN) is event


def test_an_event_of_the_newest_version_is_handed_back_as_it_is():
    event = hold_to_plan(rated({"ticket_id": 7, "score": 4}), PLAN)
    assert read_as_newest(event, PLAN) is event
    assert as_newest(event) is event


@given(
    st.dictionaries(
        st.sampled_from(["order_number", "cents", "order_id", "amount", "revenue", "mine"]),
        st.none() | st.integers() | st.text(max_size=3) | st.floats(allow_nan=False),
    ),
    st.sampled_from([(), ("event_version_2",), ("x", "event_version_3"), ("event_version_9",)]),
    st.sampled_from([None, 1, 2, 3, -1, "two"]),
)
def test_what_was_read_as_the_newest_is_not_read_again(properties, flags, claimed):
    """Or a replay of what was read so would be read twice."""
    event = rated(properties, flags=flags, context={} if claimed is None else claiming(claimed))
    event = msgspec.structs.replace(event, name="Order Completed")
    plan = Plan([ORDERS])
    newest = read_as_newest(event, plan)
    assert read_as_newest(newest, plan) is newest
    assert stored_version(newest) >= ORDERS.version
    assert [flag for flag in newest.flags if "version" not in flag] == [
        flag for flag in flags if "version" not in flag
    ]
    assert event.properties == properties


@pytest.mark.parametrize("version", [1, 2])
def test_each_version_is_read_through_all_that_came_after_it(version):
    older = ORDERS.older[version - 1]
    flags = () if version == 1 else (f"event_version_{version}",)
    event = msgspec.structs.replace(rated(older.example, flags=flags), name="Order Completed")
    newest = read_as_newest(event, Plan([ORDERS]))
    assert newest.properties == {"order_id": "o-1", "revenue": 19.99}
    assert newest.flags == ("event_version_3",)


def test_names_that_senders_choose_take_no_room_for_ever():
    for number in range(2 * NAMES):
        as_newest(msgspec.structs.replace(rated(GOOD), name=f"made up {number}"))
    assert upcasting._with_versions.cache_info().currsize <= NAMES
