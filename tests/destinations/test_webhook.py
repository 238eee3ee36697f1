"""Our webhooks verify with the reference package, and behave as the specification asks."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import msgspec
import pytest
import standardwebhooks.webhooks as reference
from standardwebhooks import Webhook, WebhookVerificationError

from local.esp.webhook import answer
from millrace.activation import HttpRequest, Sending
from millrace.errors import NeedsHuman
from millrace.http import Request
from millrace_destinations.webhook import destination
from tests.destinations.example import (
    NOW_MS,
    SECRET,
    deletions,
    leaver,
    profile,
    request,
    update,
)


@pytest.fixture(autouse=True)
def _frozen(monkeypatch):
    """The reference package asks the machine's clock; it stands at the moment of sending."""

    class Frozen(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.fromtimestamp(NOW_MS / 1000, tz or UTC)

    monkeypatch.setattr(reference, "datetime", Frozen)


def a_request(**changes) -> HttpRequest:
    return request(destination, update(destination, profile(**changes)))


def verified(sent: HttpRequest) -> dict:
    return Webhook(SECRET).verify(sent.body, dict(sent.headers))


def test_the_reference_package_accepts_it():
    message = verified(a_request())
    assert (message["type"], message["timestamp"]) == ("profile.updated", "2026-11-22T12:00:00Z")
    (person,) = message["data"]["profiles"]
    assert person["identifiers"]["email"] == ["ada@example.com", "a.lovelace@example.org"]
    assert person["segments"] == ["cart-abandoners"]


@pytest.mark.parametrize("part", ["body", "webhook-id", "webhook-timestamp"])
def test_it_refuses_what_was_changed_on_the_way(part):
    sent = a_request()
    if part == "body":
        changed = msgspec.structs.replace(sent, body=sent.body.replace(b"Ada", b"Eve"))
    else:
        value = sent.headers[part][:-1] + ("1" if sent.headers[part][-1] != "1" else "2")
        changed = msgspec.structs.replace(sent, headers={**sent.headers, part: value})
    with pytest.raises(WebhookVerificationError):
        verified(changed)


def sent_at(now_ms: int) -> HttpRequest:
    sending = Sending(base_url="https://x.example", secret=SECRET, options={}, now_ms=now_ms)
    return destination.request([update(destination, profile())], sending)


def test_the_id_is_stable_over_tries_and_the_timestamp_is_new():
    first, second = sent_at(NOW_MS), sent_at(NOW_MS + 60_000)
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert int(second.headers["webhook-timestamp"]) == int(first.headers["webhook-timestamp"]) + 60


def test_ids_tell_nothing_and_differ_by_state():
    first, second = a_request(), a_request(traits={})
    assert first.headers["webhook-id"].startswith("msg_")
    assert first.headers["webhook-id"] != second.headers["webhook-id"]
    assert "." not in first.headers["webhook-id"]


def test_a_batch_has_an_id_of_its_own():
    one, two = update(destination, profile()), update(destination, profile(traits={}))
    ids = {
        request(destination, *batch).headers["webhook-id"] for batch in ([one], [two], [one, two])
    }
    assert len(ids) == 3


def test_the_address_is_the_option_url():
    sending = Sending(
        base_url="", secret=SECRET, options={"url": "https://shop.example/hooks?x=1"}, now_ms=NOW_MS
    )
    sent = destination.request([update(destination, profile())], sending)
    assert sent.url == "https://shop.example/hooks?x=1"


def test_without_an_address_a_person_is_needed():
    sending = Sending(base_url="", secret=SECRET, options={}, now_ms=NOW_MS)
    with pytest.raises(NeedsHuman, match="option_missing"):
        destination.request([update(destination, profile())], sending)


def test_a_deletion_is_a_signed_message_with_everything_the_person_was_told_as():
    (sent,) = deletions(destination)
    message = verified(sent)
    assert message["type"] == "person.erased"
    assert message["data"]["profile_ids"] == ["p_ada", "p_ada_before"]
    assert message["data"]["identifiers"]["user_id"] == ["u-1815"]


def test_a_second_asking_has_another_id_so_that_no_receiver_drops_it():
    ids = {
        deletions(destination, leaver(request_id=asking))[0].headers["webhook-id"]
        for asking in ("erasure-1", "erasure-1#2")
    }
    assert len(ids) == 2


def test_the_fake_receiver_forgets_who_is_erased():
    state: dict = {}
    for sent in (a_request(), *deletions(destination)):
        arrived = Request(method="POST", path="/_esp/webhook", route="", body=sent.body)
        assert answer(arrived, state).status == 204
    assert state["profiles"] == {}


def test_the_fake_receiver_keeps_the_newest_state():
    state: dict = {}
    for traits in ({"plan": "gold"}, {"plan": "silver"}):
        sent = a_request(traits=traits)
        arrived = Request(method="POST", path="/_esp/webhook", route="", body=sent.body)
        assert answer(arrived, state).status == 204
    assert state["profiles"]["p_ada"]["traits"] == {"plan": "silver"}


@pytest.mark.parametrize(
    ("method", "body", "status"), [("GET", b"", 405), ("POST", b"no", 400), ("POST", b"[]", 400)]
)
def test_the_fake_receiver_refuses_what_is_no_message(method, body, status):
    refused = answer(Request(method=method, path="/_esp/webhook", route="", body=body), {})
    assert refused.status == status
    assert json.loads(refused.body)["code"]
