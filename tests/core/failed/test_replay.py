"""Replaying: what is usable now goes into the stream once, as it would have been the first time."""

import dataclasses
import itertools
import json

import msgspec
import pytest

from millrace.errors import NeedsHuman, RetryLater
from millrace.events import Event
from millrace.events.model import FailedEvent, Identifier
from millrace.events.plan import Plan, hold_to_plan
from millrace.events.verdicts import UNPLANNED, PlanPolicy
from millrace.failed.mending import steps_of
from millrace.failed.model import KeptEvent
from millrace.failed.replay import replay
from millrace.failed.selecting import Where
from millrace.failed.task import CHUNK, invocation, read_invocation
from millrace.intake.normalise import Arrival
from millrace.intake.ports import NotAllWritten
from millrace.intake.sorting import read_item, sort_items
from tests.core.failed.conftest import JOB, RECEIVED_AT, refused, task

AS_USER = steps_of(renames=["user_id=userId"])


def order(number=0, **more):
    return {"type": "track", "event": "Order Completed", "user_id": f"u{number}", **more}


def test_a_mended_event_is_in_the_stream_and_fails_no_more(scene):
    stage = scene(refused(order(messageId="m1", timestamp="2026-05-01T00:00:00Z")))
    report = replay(stage.keys, task(steps=AS_USER), stage.doors, stage.counts)
    (event,) = stage.sink.events
    assert (event.message_id, event.anchor) == ("m1", Identifier("user_id", "u0"))
    assert event.event_at == 1_777_593_600_000
    assert event.received_at == RECEIVED_AT
    assert stage.store.failed == {}
    assert list(stage.store.replayed.values()) == [(RECEIVED_AT + 5, JOB.id)]
    assert stage.counts == {"EventsReplayed": 1, "EventsRecovered": 1}
    assert report.passing == report.events == 1
    assert report.changes == {"rename /user_id to /userId": 1}
    assert report.labels == {"Order Completed": 1}


def test_it_is_the_event_that_intake_would_have_made(scene):
    """The shared part of the request and the place of the item come back with it."""
    arrival = {
        "source_ip": "192.0.2.7",
        "sent_at": "2026-05-28T20:00:00Z",
        "context": {"library": {"name": "x"}},
        "integrations": {"All": True},
    }
    items = [order(1), order(2), order(3)]
    stage = scene(refused(*items, **arrival))
    replay(stage.keys, task(steps=AS_USER), stage.doors, stage.counts)
    right = [{**item, "userId": item["user_id"]} for item in items]
    for item in right:
        del item["user_id"]
    raw = [read_item(json.dumps(item).encode()) for item in right]
    request = Arrival(source="website", received_at=RECEIVED_AT, request_id="r1", **arrival)
    assert sorted(stage.sink.events, key=repr) == sorted(sort_items(raw, request).events, key=repr)


def test_items_without_a_message_id_stay_different_events(scene):
    stage = scene(refused(order(1), order(2)))
    replay(stage.keys, task(steps=AS_USER), stage.doors, stage.counts)
    made = {event.message_id for event in stage.sink.events}
    assert len(made) == 2
    assert all(name.startswith("made-") for name in made)


def test_the_type_that_the_route_named_is_remembered(scene):
    stage = scene(refused({"event": "x", "user_id": "u"}, type="track"))
    assert replay(stage.keys, task(steps=AS_USER), stage.doors, stage.counts).passing == 1


def test_a_dry_run_says_the_same_and_changes_nothing(scene):
    failed = refused(order(1), order(2), {"type": "nonsense", "userId": "u"})
    dry, real = scene(failed), scene(failed)
    told = replay(dry.keys, task(steps=AS_USER, is_dry=True), dry.doors, dry.counts)
    assert (dry.sink.records, dry.counts, dry.store.replayed) == ([], {}, {})
    assert told == replay(real.keys, task(steps=AS_USER), real.doors, real.counts)
    assert (told.passing, told.failing) == (2, {"unknown_type": 1})


def test_what_still_fails_stays_where_it_is(scene):
    stage = scene(refused(order(1), {"type": "nonsense", "userId": "u"}, b"{"))
    report = replay(stage.keys, task(), stage.doors, stage.counts)
    assert report.failing == {"no_identifier": 1, "unknown_type": 1, "invalid_json": 1}
    assert len(stage.store.failed) == 3
    assert stage.counts == {}


def test_only_what_is_selected_is_tried(scene):
    stage = scene(refused(order(1), {"type": "nonsense", "userId": "u"}))
    asked = task(where=Where(code=("unknown_type",)), steps=steps_of(puts=["type=page"]))
    report = replay(stage.keys, asked, stage.doors, stage.counts)
    assert (report.passing, report.other) == (1, 1)
    assert [each.failed.code for each in stage.store.failed.values()] == ["no_identifier"]


def test_a_second_replay_finds_nothing(scene):
    stage = scene(refused(order(1)))
    keys = stage.keys
    replay(keys, task(steps=AS_USER), stage.doors, stage.counts)
    report = replay(keys, task(steps=AS_USER), stage.doors, stage.counts)
    assert (report.gone, report.passing) == (1, 0)
    assert len(stage.sink.events) == 1


def test_a_crash_after_the_stream_took_it_repeats_the_same_message(scene):
    """And the ledger balances: it was received once more than it left the failed ones."""
    stage = scene(refused(order(1)))
    stage.store.settle = lambda *_: (_ for _ in ()).throw(RuntimeError("crash"))
    with pytest.raises(RuntimeError):
        replay(stage.keys, task(steps=AS_USER), stage.doors, stage.counts)
    del stage.store.settle
    replay(stage.keys, task(steps=AS_USER), stage.doors, stage.counts)
    first, second = stage.sink.events
    assert first == second
    assert stage.counts == {"EventsReplayed": 2, "EventsRecovered": 1}


def test_a_stream_that_takes_only_some_moves_none_and_counts_those(scene):
    stage = scene(refused(order(1), order(2), order(3)))
    stage.sink.refused = frozenset({1})
    with pytest.raises(NotAllWritten):
        replay(stage.keys, task(steps=AS_USER), stage.doors, stage.counts)
    assert len(stage.store.failed) == 3
    assert stage.counts == {"EventsReplayed": 2}


def test_a_store_that_fails_says_so(scene):
    stage = scene(refused(order(1)))
    stage.store.is_failing = True
    with pytest.raises(RetryLater):
        replay(["x"], task(), stage.doors, stage.counts)


def test_a_payload_that_is_sealed_for_ever_still_fails(scene):
    stage = scene(refused(order(1)))
    ((key, kept),) = stage.store.failed.items()
    stage.store.failed[key] = KeptEvent(key=key, failed=kept.failed, is_readable=False)
    report = replay(stage.keys, task(steps=AS_USER), stage.doors, stage.counts)
    assert report.failing == {"unreadable": 1}


def test_it_keeps_to_its_rate(scene):
    failed = refused(*[order(number) for number in range(250)])
    stage = scene(failed)
    replay(stage.keys, task(steps=AS_USER, rate=50), stage.doors, stage.counts)
    assert stage.slept == [CHUNK / 50, CHUNK / 50, 50 / 50]


def test_an_accepted_event_that_no_profile_took_goes_back_as_it_is(scene):
    (event,) = sort_items(
        [read_item(b'{"type":"page","userId":"ada","messageId":"m"}')],
        Arrival(source="website", received_at=RECEIVED_AT, request_id="r"),
    ).events
    failed = FailedEvent(
        stage="profiles/update", code="too_large", source="website", received_at=RECEIVED_AT,
        request_id="r", payload=msgspec.json.encode(event),
    )  # fmt: skip
    stage = scene([failed])
    assert replay(stage.keys, task(), stage.doors, stage.counts).passing == 1
    assert stage.sink.events == [event]


@pytest.mark.parametrize(
    ("accepted", "steps", "failing"),
    [
        ("page", {"puts": ["type=operation", "name=identity.block"]}, {"operation_mended": 1}),
        ("operation", {"puts": ["/properties/a=user_id:9"]}, {"operation_mended": 1}),
        ("operation", {"drops": ["/nothing"]}, {}),
    ],
)
def test_a_mapping_makes_no_operation_and_changes_none(scene, accepted, steps, failing):
    event = {
        "message_id": "m", "type": accepted, "source": "website", "event_at": RECEIVED_AT,
        "received_at": RECEIVED_AT, "anchor": ["user_id", "7"],
    }  # fmt: skip
    failed = FailedEvent(
        stage="profiles/update", code="too_large", source="website", received_at=RECEIVED_AT,
        request_id="r", payload=msgspec.json.encode(event),
    )  # fmt: skip
    stage = scene([failed])
    asked = task(steps=steps_of(**steps))
    assert replay(stage.keys, asked, stage.doors, stage.counts).failing == failing
    assert [each.type for each in stage.sink.events] == ([] if failing else ["operation"])


def test_a_mapping_makes_no_operation_of_what_intake_refused(scene):
    stage = scene(refused(order(1)))
    asked = task(steps=steps_of(renames=["user_id=userId"], puts=["type=operation"]))
    assert replay(stage.keys, asked, stage.doors, stage.counts).failing == {"unknown_type": 1}


def test_what_is_no_event_of_ours_still_fails(scene):
    fields = {
        "stage": "profiles/update", "code": "x", "received_at": RECEIVED_AT, "request_id": "",
    }  # fmt: skip
    stage = scene(
        [
            FailedEvent(**fields, source="", payload=b"no record of ours"),
            FailedEvent(**fields, source="website", payload=b"\xff"),
            FailedEvent(**fields, source="website", payload=b"{}"),
        ]
    )
    report = replay(stage.keys, task(), stage.doors, stage.counts)
    assert report.failing == {"unreadable": 1, "not_an_event": 2}


def test_an_invocation_is_read_as_a_distributed_map_writes_it():
    asked = task(where=Where(code=("a", "b"), since=5), steps=steps_of(puts=["/a=1"]), rate=9)
    event = json.loads(json.dumps(invocation(asked, ["k1", "k2"])))
    assert read_invocation(event) == (asked, ["k1", "k2"])


@pytest.mark.parametrize(
    "event", [{}, {"Items": []}, {"BatchInput": {"task": {"x": 1}}, "Items": []}]
)
def test_anything_else_is_no_invocation(event):
    with pytest.raises(NeedsHuman) as raised:
        read_invocation(event)
    assert raised.value.code == "bad_task"


def test_the_same_events_in_any_order_and_in_any_cut_are_the_same_stream(scene):
    failed = refused(*[order(number) for number in range(4)])
    streams = set()
    for order_of in itertools.permutations(range(4)):
        stage = scene(failed)
        keys = [stage.keys[place] for place in order_of]
        for cut in (keys[:2], keys[2:], keys):
            replay(cut, task(steps=AS_USER), stage.doors, stage.counts)
        streams.add(tuple(sorted(repr(event) for event in stage.sink.events)))
    assert len(streams) == 1
    assert all(isinstance(event, Event) for event in stage.sink.events)


def test_a_collision_is_an_event_of_its_own_only_when_somebody_says_so(scene):
    (whole,) = refused(order(1, messageId="m1"))
    collided = msgspec.structs.replace(
        whole, code="message_id_collision", payload=b'{"type":"page","userId":"u","messageId":"m1"}'
    )
    stage, again = scene([collided]), scene([collided])
    report = replay(stage.keys, task(), stage.doors, stage.counts)
    assert report.failing == {"message_id_collision": 1}
    asked = task(where=Where(code=("message_id_collision",)))
    for each in (stage, again):
        assert replay(each.keys, asked, each.doors, each.counts).passing == 1
    (event,), (same,) = stage.sink.events, again.sink.events
    assert event.message_id.startswith("own-")
    assert event.flags == ("message_id_collision",)
    assert same == event


def test_a_thousand_unplanned_events_are_recovered_by_a_catalogue_that_knows_them(scene):
    """The plan of yesterday fails them, the plan of today takes them: once, however often."""
    sent = [json.dumps(order(n, userId=f"u{n}", messageId=f"m{n}")).encode() for n in range(1000)]
    request = Arrival(source="website", received_at=RECEIVED_AT, request_id="r1")
    policy = PlanPolicy(unplanned="fail")
    yesterday = sort_items(
        [read_item(raw) for raw in sent],
        request,
        check=lambda event: hold_to_plan(event, Plan(), policy),
    )
    assert len(yesterday.failed) == 1000
    stage = scene(yesterday.failed)
    keys = stage.keys
    before = dataclasses.replace(
        stage.doors, check=lambda event: hold_to_plan(event, Plan(), policy)
    )
    assert replay(keys, task(is_dry=True), before, stage.counts).failing == {UNPLANNED: 1000}
    plan = Plan.of_catalogue()
    today = dataclasses.replace(stage.doors, check=lambda event: hold_to_plan(event, plan, policy))
    assert replay(keys, task(), today, stage.counts).passing == 1000
    assert replay(keys, task(), today, stage.counts).gone == 1000
    assert {event.message_id for event in stage.sink.events} == {f"m{n}" for n in range(1000)}
    assert len(stage.sink.events) == 1000
