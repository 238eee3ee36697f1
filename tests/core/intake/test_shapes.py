"""Payloads as real SDKs send them (facts/integrations.md A3), and the events they become."""

import base64
import gzip
import json

import pytest
from segment.analytics.client import Client

from millrace.events import Identifier

RECEIVED = 1_780_000_000_000
NOW = "2026-05-28T20:26:40.000Z"


def user(value: str) -> Identifier:
    return Identifier("user_id", value)


def anonymous(value: str) -> Identifier:
    return Identifier("anonymous_id", value)


def email(value: str) -> Identifier:
    return Identifier("email", value)


class FakeResponse:
    def __init__(self, response):
        self.status_code = response.status
        self.headers = response.headers
        self.text = response.body.decode()
        self.reason = ""

    def json(self):
        return json.loads(self.text)


@pytest.mark.parametrize("is_gzip", [False, True])
def test_the_stock_segment_python_client_is_taken_whole(intake, monkeypatch, is_gzip):
    sent = []

    def post(url, data, headers, **_):
        sent.append(url)
        raw = data if isinstance(data, bytes) else data.encode()
        headers = {name.lower(): value for name, value in headers.items()}
        return FakeResponse(intake.post("batch", raw, headers=headers))

    monkeypatch.setattr("segment.analytics.request._session.post", post)
    client = Client("wk_website", host="http://127.0.0.1:8787", gzip=is_gzip, sync_mode=True)
    client.identify("u1", {"email": "Ada@Example.com", "plan": "pro"}, anonymous_id="a1")
    client.track("u1", "Order Completed", {"revenue": 25.5})
    client.page("u1", "Docs", "Home", {"path": "/"})
    client.screen("u1", None, "Start")
    client.group("u1", "g1", {"industry": "food", "email": "office@example.com"})
    client.alias("a1", "u1")
    assert sent == ["http://127.0.0.1:8787/v1/batch"] * 6
    identify, track, page, screen, group, alias = intake.sink.events
    assert identify.identifiers == (user("u1"), anonymous("a1"), email("ada@example.com"))
    assert identify.traits == {"email": "Ada@Example.com", "plan": "pro"}
    assert (track.name, track.properties, track.identifiers) == (
        "Order Completed", {"revenue": 25.5}, (user("u1"),),
    )  # fmt: skip
    assert (page.name, page.properties) == (
        "Home", {"name": "Home", "category": "Docs", "path": "/"},
    )  # fmt: skip
    assert (screen.type, screen.name) == ("screen", "Start")
    assert (group.name, group.traits) == ("g1", {})
    assert group.properties == {"industry": "food", "email": "office@example.com"}
    assert alias.identifiers == (user("u1"), user("a1"), anonymous("a1"))
    assert len({event.message_id for event in intake.sink.events}) == 6
    assert all(event.context["library"]["name"] == "analytics-python" for event in (track, page))
    assert all(event.flags == () for event in intake.sink.events)


def test_the_stock_client_reads_our_refusal(intake, monkeypatch):
    monkeypatch.setattr(
        "segment.analytics.request._session.post",
        lambda url, data, headers, **_: FakeResponse(
            intake.post("batch", data.encode(), {n.lower(): v for n, v in headers.items()})
        ),
    )
    client = Client("wk_wrong", host="http://127.0.0.1:8787", sync_mode=True)
    with pytest.raises(Exception, match=r"\[Segment\] invalid_write_key: .* \(401\)"):
        client.track("u1", "e")


def test_rudder_node_sends_gzip_as_a_form_with_three_clocks(intake):
    body = {
        "batch": [
            {
                "userId": "u1",
                "traits": {"email": "ada@example.com"},
                "context": {
                    "traits": {"email": "ada@example.com"},
                    "library": {"name": "analytics-node", "version": "3.0.13"},
                },
                "type": "identify",
                "channel": "server",
                "_metadata": {"nodeVersion": "24.19.0"},
                "originalTimestamp": "2026-05-28T20:26:35.000Z",
                "messageId": "5f9e0c7b",
                "sentAt": "2026-05-28T20:26:40.000Z",
            }
        ],
        "timestamp": "2026-05-28T20:26:40.000Z",
        "sentAt": "2026-05-28T20:26:40.000Z",
    }
    headers = {
        "authorization": "Basic " + base64.b64encode(b"wk_server:").decode(),
        "content-type": "application/x-www-form-urlencoded",
        "content-encoding": "gzip",
    }
    response = intake.post("batch", gzip.compress(json.dumps(body).encode()), headers=headers)
    assert response.status == 200
    (event,) = intake.sink.events
    assert event.event_at == RECEIVED - 5_000
    assert event.traits == {"email": "ada@example.com"}
    assert event.context == {
        "library": {"name": "analytics-node", "version": "3.0.13"},
        "ip": "203.0.113.9",
    }


def test_rudder_web_puts_traits_into_the_context_of_every_call(intake):
    event = intake.one(
        "track",
        {
            "type": "track",
            "channel": "web",
            "event": "Product Viewed",
            "userId": "u1",
            "anonymousId": "a1",
            "messageId": "m1",
            "originalTimestamp": NOW,
            "sentAt": NOW,
            "context": {
                "traits": {"email": "ada@example.com", "plan": "pro"},
                "sessionId": 1780000000000,
                "page": {"initial_referrer": "$direct", "url": "https://shop.example/"},
            },
            "properties": {"price": 3},
            "integrations": {"All": True},
        },
    )
    assert event.traits == {"email": "ada@example.com", "plan": "pro"}
    assert event.identifiers == (user("u1"), anonymous("a1"), email("ada@example.com"))
    assert event.anchor == user("u1")
    assert "traits" not in event.context
    assert event.integrations == {"All": True}


def test_analytics_js_names_a_page_at_the_root_and_in_properties(intake):
    event = intake.one(
        "p",
        {
            "timestamp": NOW,
            "integrations": {"Segment.io": True},
            "type": "page",
            "properties": {"path": "/", "url": "https://shop.example/", "name": "Home"},
            "category": None,
            "name": "Home",
            "context": {"page": {"path": "/"}, "locale": "en-US", "timezone": "Europe/Berlin"},
            "messageId": "ajs-next-1780000000000-1",
            "anonymousId": "6e1f5c1d-0d57-4b1c-9e43-6f6c2f3f6f0a",
            "userId": None,
            "writeKey": "wk_website",
            "sentAt": NOW,
            "_metadata": {"bundled": ["Segment.io"], "retryCount": 1},
        },
        headers={"content-type": "text/plain"},
    )
    assert (event.type, event.name) == ("page", "Home")
    assert event.anchor == anonymous("6e1f5c1d-0d57-4b1c-9e43-6f6c2f3f6f0a")
    assert event.flags == ()


def test_jitsu_puts_id_and_secret_into_a_header(intake):
    event = intake.one(
        "track",
        {"type": "track", "event": "e", "anonymousId": "a1", "writeKey": "wk_website:***"},
        headers={"x-write-key": "wk_website:s3cr3t"},
    )
    assert event.source == "website"


def test_what_stands_at_the_batch_applies_to_its_items_and_the_item_wins(intake):
    body = {
        "batch": [
            {"type": "track", "userId": "u1", "event": "a", "timestamp": RECEIVED - 10},
            {
                "type": "track",
                "userId": "u1",
                "event": "b",
                "context": {"locale": "de", "ip": "198.51.100.7"},
                "integrations": {"Klaviyo": True},
            },
        ],
        "context": {"locale": "en", "app": {"name": "shop"}, "traits": {"plan": "pro"}},
        "integrations": {"All": False, "Klaviyo": False},
        "sentAt": RECEIVED - 4,
        "writeKey": "wk_website",
    }
    assert intake.post("batch", body, headers={}).status == 200
    first, second = intake.sink.events
    assert first.event_at == RECEIVED - 6
    assert first.context == {"locale": "en", "app": {"name": "shop"}, "ip": "203.0.113.9"}
    assert first.traits == second.traits == {"plan": "pro"}
    assert second.context == {"locale": "de", "app": {"name": "shop"}, "ip": "198.51.100.7"}
    assert first.integrations == {"All": False, "Klaviyo": False}
    assert second.integrations == {"All": False, "Klaviyo": True}


def test_traits_of_a_group_are_not_those_of_its_member(intake):
    event = intake.one(
        "group",
        {
            "userId": "u1",
            "groupId": 7,
            "traits": {"email": "office@example.com", "employees": 3},
            "context": {"traits": {"email": "ada@example.com"}},
        },
    )
    assert (event.name, event.traits) == ("7", {"email": "ada@example.com"})
    assert event.properties == {"email": "office@example.com", "employees": 3}
    assert event.identifiers == (user("u1"), email("ada@example.com"))


def test_traits_of_identify_win_over_those_of_its_context(intake):
    traits = {"plan": "pro"}
    context = {"traits": {"plan": "free", "city": "Bern"}}
    event = intake.one("identify", {"userId": "u1", "traits": traits, "context": context})
    assert event.traits == {"plan": "pro", "city": "Bern"}


@pytest.mark.parametrize(
    "item",
    [
        {"traits": {"email": "Ada@Example.com"}},
        {"context": {"traits": {"email": "ada@example.com "}}},
    ],
)
def test_an_event_with_only_an_e_mail_address_is_anchored_on_it(intake, item):
    event = intake.one("identify", {**item, "userId": None})
    assert event.anchor == email("ada@example.com")
    assert event.identifiers == (event.anchor,)


def test_alias_ties_both_readings_of_the_previous_id(intake):
    event = intake.one("alias", {"userId": "u1", "previousId": "old", "anonymousId": "a1"})
    assert event.identifiers == (user("u1"), user("old"), anonymous("old"), anonymous("a1"))
    assert event.anchor == user("u1")


def test_alias_of_an_id_with_itself_ties_nothing_and_is_counted(intake):
    event = intake.one("alias", {"userId": "u1", "previousId": " u1", "messageId": "m"})
    assert event.identifiers == (user("u1"),)
    assert event.flags == ("alias_to_itself",)
    assert intake.counts == {"EventsReceived": 1}


def test_a_blocked_identifier_is_left_out_and_noticed(intake):
    event = intake.one(
        "track", {"userId": "null", "anonymousId": "a1", "event": "e", "messageId": "m"}
    )
    assert event.identifiers == (anonymous("a1"),)
    assert event.flags == ("identifier_blocked",)


def test_numbers_as_identifiers_become_text(intake):
    event = intake.one("track", {"userId": 42, "anonymousId": 7.0, "event": 12})
    assert event.identifiers == (user("42"), anonymous("7"))
    assert event.name == "12"


def test_a_missing_message_id_is_made_from_the_request_and_the_place_in_it(intake):
    batch = {"batch": [{"type": "track", "userId": "u1", "event": "e"}] * 2}
    intake.post("batch", batch)
    intake.post("batch", batch)
    intake.post("batch", batch, request_id="request-2")
    ids = [event.message_id for event in intake.sink.events]
    assert ids[:2] == ids[2:4]
    assert len(set(ids)) == 4
    assert all(event.flags == ("message_id_made",) for event in intake.sink.events)


def test_a_long_message_id_is_hashed_to_the_same_id_every_time(intake):
    for end in ("x", "x", "y"):
        intake.post("track", {"userId": "u1", "event": "e", "messageId": "m" * 100 + end})
    first, again, other = (event.message_id for event in intake.sink.events)
    assert first == again != other
    assert len(first) <= 100


def test_nul_is_taken_out_and_noticed(intake):
    properties = {"\0k": ["\0"]}
    event = intake.one(
        "track", {"userId": "u\0001", "event": "a\0b", "messageId": "m", "properties": properties}
    )
    assert (event.anchor, event.name, event.properties) == (user("u1"), "ab", {"k": [""]})
    assert event.flags == ("nul_removed",)


def test_the_pointer_of_a_rejected_value_names_its_place(intake):
    body = (
        b'{"userId": "u1", "event": "e", "properties": {"a/b": [1, {"c~": 99999999999999999999}]}}'
    )
    assert intake.post("track", body).status == 400
    assert intake.failed_events.kept[0].pointer == "/properties/a~1b/1/c~0"


def test_consent_and_other_context_are_kept_as_they_came(intake):
    context = {
        "consent": {"categoryPreferences": {"Advertising": False}},
        "userAgentData": {"m": 1},
    }
    event = intake.one("track", {"userId": "u1", "event": "e", "context": context})
    assert event.context == {**context, "ip": "203.0.113.9"}
