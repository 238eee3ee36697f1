"""What every source has in common: nothing is lost, nothing is counted twice."""

import json
from dataclasses import replace

import pytest

from millrace.events import Identifier
from millrace.intake.throttle import Throttle
from tests.sources.door import SOURCES, Door
from tests.sources.signing import Posted

ADDRESS = {"email": "a@example.com", "timestamp": 1769442349, "event": "open"}


def sendgrid(*events):
    return b"[" + b",\r\n".join(events) + b"]\r\n"


def an_open(event_id):
    return json.dumps({**ADDRESS, "sg_event_id": event_id}).encode()


@pytest.mark.parametrize(
    "poison",
    [
        b"{",
        b"null",
        b"7",
        b'"text"',
        b"[]",
        b'{"email": NaN}',
        b'{"email": "\\ud800"}',
        b'{"n": 1e999}',
        b'{"a":' * 50 + b"1" + b"}" * 50,
        b'{"email":"a@example.com","event":"open","pad":"' + b"x" * 262_144 + b'"}',
        b"{}",
        b'{"event": "open"}',
        b'{"email": "no address", "event": "open"}',
        b'{"email": {"a": 1}, "event": ["open"], "sg_message_id": 7, "useragent": []}',
    ],
    ids=lambda poison: poison[:24].decode(),
)
def test_one_poison_event_costs_only_itself_and_is_kept_byte_for_byte(poison):
    door = Door("sendgrid")
    body = sendgrid(an_open("one"), poison, an_open("two"))
    if poison == b"{":  # the list itself is broken then: all of it is kept
        response = door.post(door.sign(body))
        assert response.status == 200
        assert [failed.payload for failed in door.failed.kept] == [body]
        return
    events = door.take(body)
    assert [event.message_id for event in events] == ["sendgrid:one", "sendgrid:two"]
    assert [failed.payload for failed in door.failed.kept] == [poison]
    assert door.metrics.counts == {"EventsReceived": 3, "EventsFailed": 1}


def test_an_empty_list_is_taken_and_is_nothing():
    door = Door("sendgrid")
    assert door.post(door.sign(b"[]")).status == 200
    assert door.is_untouched


def test_more_events_than_a_vendor_sends_are_kept_as_they_came():
    door = Door("sendgrid")
    body = b"[" + b",".join([b"{}"] * 10_001) + b"]"
    assert door.post(door.sign(body)).status == 200
    assert [failed.code for failed in door.failed.kept] == ["too_many_events"]


def test_what_the_stream_does_not_take_is_asked_for_again_and_what_it_took_is_counted():
    door = Door("sendgrid")
    other = json.dumps({**ADDRESS, "email": "b@example.com", "sg_event_id": "two"}).encode()
    door.sink.refused = frozenset({1})
    assert door.post(door.sign(sendgrid(an_open("one"), other))).status == 503
    assert door.metrics.counts == {"EventsReceived": 1}


def test_a_retry_that_counts_its_tries_is_the_same_event_and_no_collision():
    door = Door("hubspot")
    event = {
        "eventId": 1,
        "subscriptionId": 2,
        "portalId": 3,
        "objectId": 4,
        "occurredAt": 1769442352123,
        "subscriptionType": "contact.creation",
    }
    for attempt in range(2):
        door.take(json.dumps([{**event, "attemptNumber": attempt}]).encode())
    assert len({event.message_id for event in door.sink.events}) == 1
    assert door.failed.kept == []


def test_a_source_may_have_another_name_than_its_definition():
    door = Door("shopify")
    door.doors = replace(door.doors, sources={"shop_eu": door.doors.sources["shopify"]})
    posted = door.sign(
        b'{"id":1,"email":"a@example.com"}', headers={"X-Shopify-Topic": "customers/create"}
    )
    assert door.post(posted, source="shop_eu").status == 200
    (event,) = door.sink.events
    assert event.source == "shop_eu"
    assert event.message_id.startswith("shop_eu:")


def test_the_numbers_of_vendors_never_pass_for_user_ids_of_ours():
    door = Door("shopify")
    (event,) = door.take(
        b'{"id":42,"email":"a@example.com"}', headers={"X-Shopify-Topic": "customers/create"}
    )
    assert event.identifiers == (
        Identifier("anonymous_id", "shopify:customer:42"),
        Identifier("email", "a@example.com"),
    )


@pytest.mark.parametrize(
    ("name", "headers", "content"),
    [
        ("shopify", {"X-Shopify-Topic": "customers/redact"}, {"customer": {"email": "a@b.com"}}),
        (
            "hubspot",
            {},
            [{"subscriptionType": "contact.privacyDeletion", "portalId": 1, "objectId": 2}],
        ),
        ("segment", {}, {"type": "delete", "userId": "u-1"}),
    ],
)
def test_a_wish_to_be_forgotten_has_one_name(name, headers, content):
    (event,) = Door(name).take(json.dumps(content).encode(), headers=headers)
    assert event.name == "Erasure Requested"


SHAPES = [
        {}, [], [[]], [1], {"data": 1}, {"data": []}, {"data": [[]]}, {"data": {"object": []}},
        {"events": [1]}, {"events": [{"user": 1, "properties": []}]}, {"event-data": 7},
        {"detail": [], "event": 1}, {"dataFields": None, "eventName": {}}, {"msys": []},
        [{"msys": {"a": 1, "b": 2}}], {"freshdesk_webhook": []}, {"line_items": [1]},
        {"eventType": {}, "mail": 1}, {"eventType": "Bounce", "bounce": [], "mail": {}},
        {"type": ["track"], "userId": {}}, {"type": "email.sent", "data": {"to": 7}},
        {"RecordType": ["Bounce"], "Email": ["a"]}, [{"subscriptionType": 1, "portalId": {}}],
        {"type": "identify", "traits": 7, "userId": "u"}, {"signature": {"token": "t"}},
    ]  # fmt: skip


@pytest.mark.parametrize("name", sorted(set(SOURCES) - {"mailchimp"}))
def test_no_shape_of_a_proven_delivery_is_an_error_of_ours(name):
    for content in SHAPES:
        if name == "mailgun" and not isinstance(content, dict):
            continue  # its signature is a member of the object
        door = Door(name)
        response = door.post(door.sign(json.dumps(content).encode()))
        assert door.reported == [], content
        assert response.status == door.definition.answers.taken, content
        stored = len(door.sink.events) + len(door.failed.kept)
        assert door.metrics.counts.get("EventsReceived", 0) == stored, content


@pytest.mark.parametrize("body", [b"data=1&data[x]=2", b"data=1&type=x", b"type=&data[]=", b"x=1"])
def test_no_shape_of_a_form_is_an_error_of_ours(body):
    door = Door("mailchimp")
    posted = Posted(body, query={"secret": door.secrets.secrets["s"]})
    assert door.post(posted).status == 200
    assert [failed.payload for failed in door.failed.kept] == [body]


def test_a_source_that_sends_too_much_is_told_to_come_back_and_costs_no_other_its_turn():
    """503 and not 429, after which Customer.io would hold its whole feed back for an hour."""
    door = Door("sendgrid")
    door.doors = replace(door.doors, intake=replace(door.doors.intake, throttle=Throttle(1)))
    door.take(sendgrid(an_open("one"), an_open("two")))
    response = door.post(door.sign(sendgrid(an_open("three"))))
    assert (response.status, json.loads(response.body)["code"]) == (503, "rate_limited")
    assert response.headers["retry-after"] == "1"
    assert door.metrics.counts == {"EventsReceived": 2, "EventsFailed": 0, "RequestsRefused": 1}
    assert door.reported == []
    door.doors.intake.throttle.take("stripe", 1)


def test_who_proves_nothing_uses_up_no_turn_of_the_vendor():
    door = Door("sendgrid")
    door.doors = replace(door.doors, intake=replace(door.doors.intake, throttle=Throttle(1)))
    for _ in range(9):
        assert door.post(Posted(sendgrid(an_open("forged")))).status == 401
    assert door.take(sendgrid(an_open("one")))
