"""Receipts, events that come twice, and two events under one id."""

import json

import pytest

from millrace.intake.recent import RecentIds
from millrace.intake.taking import COLLISION

ASKED = {"x-millrace-receipt": "1"}


def track(name, **more):
    return {"type": "track", "userId": "u1", "event": "e", "messageId": name, **more}


def receipts_of(intake, body, call="batch", **more):
    headers = {**intake.key, **ASKED}
    response = intake.post(call, body, headers=headers, **more)
    return response.status, json.loads(response.body)


def statuses(answer):
    return [receipt["status"] for receipt in answer["receipts"]]


def test_without_asking_the_answer_is_what_segments_sdks_expect(intake):
    assert intake.post("batch", {"batch": [track("m1"), {"type": "x"}]}).body == b'{"success":true}'
    for header in ("0", "", "true"):
        headers = {**intake.key, "x-millrace-receipt": header}
        assert intake.post("track", track("m"), headers=headers).body == b'{"success":true}'


def test_each_event_has_a_receipt_in_its_place(intake):
    batch = {
        "batch": [track("m1"), track("m2", properties=5), 7, track("m1"), track("m1", event="f")]
    }
    status, answer = receipts_of(intake, batch)
    assert status == 200
    assert answer["success"] is True
    assert answer["receipts"] == [
        {"index": 0, "message_id": "m1", "status": "accepted"},
        {
            "index": 1,
            "message_id": "m2",
            "status": "invalid",
            "code": "not_an_object",
            "pointer": "/properties",
        },
        {"index": 2, "message_id": "", "status": "invalid", "code": "not_an_object"},
        {"index": 3, "message_id": "m1", "status": "duplicate"},
        {
            "index": 4,
            "message_id": "m1",
            "status": "collision",
            "code": COLLISION,
            "pointer": "/messageId",
        },
    ]


def test_a_receipt_can_be_asked_for_in_the_query(intake):
    response = intake.post("track", track("m1"), query={"receipt": "1"})
    assert statuses(json.loads(response.body)) == ["accepted"]


def test_an_id_that_we_made_is_in_the_receipt(intake):
    _, answer = receipts_of(intake, {"userId": "u", "event": "e"}, "track")
    (event,) = intake.sink.events
    assert answer["receipts"][0]["message_id"] == event.message_id
    assert event.message_id.startswith("made-")


def test_an_invalid_single_event_is_400_with_its_receipt(intake):
    status, answer = receipts_of(intake, {"userId": "u", "messageId": "m"}, "track")
    assert (status, answer["code"]) == (400, "missing_event")
    assert answer["receipts"] == [
        {
            "index": 0,
            "message_id": "m",
            "status": "invalid",
            "code": "missing_event",
            "pointer": "/event",
        }
    ]


def test_a_retry_is_a_duplicate_whenever_and_from_wherever_it_is_sent(intake):
    first = {
        "batch": [track("m1", timestamp="2026-05-28T20:00:00Z")],
        "sentAt": "2026-05-28T20:00:01Z",
    }
    assert statuses(receipts_of(intake, first)[1]) == ["accepted"]
    intake.clock.advance(600_000)
    again = {**first, "sentAt": "2026-05-28T20:10:01Z"}
    assert statuses(receipts_of(intake, again, source_ip="198.51.100.1")[1]) == ["duplicate"]
    assert len(intake.sink.records) == 2, "the memory only tells: profiles decide what is applied"
    assert intake.counts == {"EventsReceived": 2}


def test_the_losing_content_of_a_collision_is_kept_byte_for_byte(intake):
    assert intake.post("track", track("m1", properties={"n": 1})).status == 200
    raw = json.dumps(track("m1", properties={"n": 2}), indent=3).encode()
    assert intake.post("track", raw).body == b'{"success":true}'
    (failed,) = intake.failed_events.kept
    assert (failed.code, failed.pointer, failed.payload) == (COLLISION, "/messageId", raw)
    assert [event.properties for event in intake.sink.events] == [{"n": 1}]
    assert intake.counts == {"EventsReceived": 2, "EventsFailed": 1}


def test_two_sources_may_use_the_same_ids(intake):
    intake.post("track", track("m1"))
    answer = intake.post(
        "track", track("m1", event="other"), headers={"x-write-key": "wk_server", **ASKED}
    )
    assert statuses(json.loads(answer.body)) == ["accepted"]


def test_what_was_not_stored_is_not_remembered(intake):
    intake.sink.refused = frozenset({0})
    assert intake.post("track", track("m1")).status == 503
    _, answer = receipts_of(intake, track("m1", event="changed"), "track")
    assert statuses(answer) == ["accepted"]


@pytest.mark.parametrize("count", [1, 99, 100, 101, 1_000])
def test_the_memory_is_bounded_and_holds_at_least_the_newest(count):
    recent = RecentIds(capacity=100)
    for number in range(count):
        recent.remember({("website", str(number)): b"d"})
    assert len(recent) <= 200
    newest = range(max(0, count - 100), count)
    assert all(recent.get(("website", str(number))) for number in newest)
