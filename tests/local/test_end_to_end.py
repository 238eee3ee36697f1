"""People through the front door: identities, reads, deliveries, browsers."""

from __future__ import annotations

import base64
import json

import pytest

from local.sql import query_lake
from tests.cli.conftest import commands
from tests.local.lake_search import LookUp, hits


def track(ask, **fields):
    return ask.send({"type": "track", "event": "Product Viewed", **fields}, "/v1/track")


def test_fifty_events_of_a_stranger_belong_to_the_person_who_then_signs_up(engine, ask):
    batch = [
        {"type": "track", "event": "Product Viewed", "anonymousId": "phone", "messageId": f"a{n}"}
        for n in range(50)
    ]
    assert ask.send({"batch": batch})[0] == 200
    assert engine.settle() == {}
    stranger = ask.profile("anonymous_id:phone")
    sign_up = {
        "type": "identify",
        "anonymousId": "phone",
        "userId": "ada",
        "messageId": "i1",
        "traits": {"email": "Ada@Shop.example", "first_name": "Ada"},
        "context": {"consent": {"categoryPreferences": {"email_marketing": True}}},
    }
    assert ask.send(sign_up, "/v1/identify")[0] == 200
    assert engine.settle() == {}
    people = [
        ask.profile(name)
        for name in ("anonymous_id:phone", "user_id:ada", "email:ada@shop.example")
    ]
    assert len({person["profile_id"] for person in people}) == 1
    assert people[0]["traits"]["first_name"] == "Ada"
    assert not stranger["fallback"]
    assert people[0] == people[1] | {"lag_ms": people[0]["lag_ms"]}
    imported = json.loads(engine.outbox("klaviyo")[-1]["body"])
    attributes = imported["data"]["attributes"]["profiles"]["data"][-1]["attributes"]
    assert attributes["email"].lower() == "ada@shop.example"


def test_the_lake_says_what_changed_and_joins_it_with_the_events(engine, ask):
    found = query_lake(
        engine.lake_path,
        "select c.name, c.source, e.type from profile_changes c join events e using (event_id) "
        "where change = 'trait_set' and name = 'first_name'",
    )
    assert found == [("first_name", "website", "identify")]
    moves = query_lake(
        engine.lake_path, "select change from profile_changes where change = 'merged'"
    )
    assert moves == [("merged",)]


def test_an_unknown_person_gets_the_generic_content(ask):
    found = ask.profile("user_id:nobody")
    assert found["fallback"] is True
    assert found["traits"] == {"first_name": "there"}
    assert set(found) >= {"profile_id", "traits", "segments", "as_of", "version", "lag_ms"}


@pytest.mark.parametrize("header", [None, "Bearer wrong", "Basic abc", "Bearer "])
def test_a_reader_without_the_key_is_401(ask, header):
    headers = {"authorization": header} if header else {}
    status, answer = ask.json("GET", "/v1/profiles/user_id:ada", **headers)
    assert (status, bool(answer["code"])) == (401, True)


@pytest.mark.parametrize("identifier", ["phone:1", "ada", "user_id:", ":", "user_id:%00"])
def test_an_identifier_that_cannot_be_is_a_4xx_or_the_generic_content(ask, identifier):
    headers = {"authorization": f"Bearer {ask.read_key}"}
    status, answer = ask.json("GET", f"/v1/profiles/{identifier}", **headers)
    assert status in {200, 400, 404}
    assert status != 200 or answer["fallback"]


def test_an_address_with_a_plus_and_a_percent_sign_is_found(engine, ask):
    address = "ada+50%@shop.example"
    ask.send({"type": "identify", "userId": "plus", "traits": {"email": address}}, "/v1/identify")
    assert engine.settle() == {}
    assert ask.profile(f"email:{address}")["fallback"] is False


@pytest.mark.parametrize("form", ["basic", "body", "bearer and body"])
def test_the_write_key_is_found_where_sdks_put_it(ask, form):
    event = {"type": "track", "userId": "key", "event": "x", "messageId": f"key-{form}"}
    basic = base64.b64encode(f"{ask.write_key}:".encode()).decode()
    headers = {
        "basic": {"authorization": f"Basic {basic}"},
        "body": {},
        "bearer and body": {"authorization": "Bearer other"},
    }[form]
    if form != "basic":
        event["writeKey"] = ask.write_key
    assert ask.json("POST", "/v1/t", event, **headers)[0] == 200


def test_a_browser_may_send_and_sees_errors_too(ask):
    preflight = {
        "origin": "https://shop.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type",
    }
    status, headers, _ = ask("OPTIONS", "/v1/t", headers=preflight)
    assert status == 204
    assert headers["access-control-allow-origin"] == "*"
    allowed = headers["access-control-allow-headers"].split(",")
    assert {"authorization", "content-type", "x-retry-count"} <= set(allowed)
    status, headers, _ = ask("POST", "/v1/t", b"{", {"origin": "https://shop.example"})
    assert 400 <= status < 500
    assert headers["access-control-allow-origin"] == "*"


def test_the_pixel_is_a_picture(ask):
    event = {"writeKey": ask.write_key, "userId": "pixel", "event": "Email Opened"}
    data = base64.urlsafe_b64encode(json.dumps(event).encode()).decode().rstrip("=")
    status, headers, body = ask("GET", f"/v1/pixel/track?data={data}")
    assert (status, headers["content-type"]) == (200, "image/gif")
    assert body.startswith(b"GIF8")


def test_the_tags_settings_point_back_at_this_engine(ask):
    status, answer = ask.json("GET", f"/v1/projects/{ask.write_key}/settings")
    assert status == 200
    assert ask.url.removeprefix("http://") in answer["integrations"]["Segment.io"]["apiHost"]


def test_the_lake_holds_what_was_sent_by_day_and_hour(engine, ask):
    track(ask, userId="lake", messageId="lake-1")
    assert engine.settle() == {}
    rows = query_lake(engine.lake_path, "select day, hour, count(*) from events group by 1, 2")
    assert {(day, hour) for day, hour, _ in rows} == {("2026-12-01", "00")}


def test_after_an_erasure_nothing_in_the_lake_leads_to_the_person_not_even_by_the_look_up_key(
    engine, ask, capsys
):
    """A tablet was bob's and is cyd's: while it was his, they were one. Then cyd is erased."""
    profile, privacy = (commands(engine, capsys, each) for each in ("profile", "privacy"))

    def identify(**fields):
        assert ask.send({"type": "identify", **fields}, "/v1/identify")[0] == 200
        assert engine.settle() == {}
        moment = engine.clock.now().isoformat(timespec="milliseconds") + "Z"
        engine.clock.advance(3_600)
        return moment

    def history(who, at):
        words = ("show", who, "--at", at, "--open", "--purpose", "ticket 4711, history")
        return {row["trait"]: row["value"] for row in profile.json(*words)["traits"]}

    identify(userId="bob", traits={"plan": "basic-marker"})
    identify(anonymousId="tablet-marker", traits={"city": "ulm-marker"})
    together = identify(userId="bob", anonymousId="tablet-marker")
    names = {"user_id": "cyd-marker", "anonymous_id": "tablet-marker", "email": "cyd@shop.example"}
    given = {"plan": "gold-marker", "email": names["email"]}
    first = {"timestamp": "2026-11-30T23:00:00Z"}  # cyd was seen with it before bob was
    first["messageId"] = "order-4711-marker"
    now = identify(userId="cyd-marker", anonymousId="tablet-marker", traits=given, **first)
    look_up = LookUp(engine)
    called = look_up.pseudonyms(names)
    assert hits(engine.lake_path, called) == called
    assert len(called) == 3
    assert history("user_id:cyd-marker", now) == given | {"city": "ulm-marker"}
    assert history("user_id:bob", together) == {"plan": "basic-marker", "city": "ulm-marker"}

    assert privacy("erase", "user_id:cyd-marker")[0] == 0
    assert engine.settle() == {}
    messages = [("website", "order-4711-marker")]
    known = look_up.made_of(names, given | {"city": "ulm-marker"}, messages)
    assert hits(engine.lake_path, known) == set()
    assert look_up.pseudonyms(names) == set(), "nothing leads to the rows any more"
    for kind, value in names.items():
        code, _, err = profile("show", f"{kind}:{value}", "--at", now)
        assert (code, err.startswith("not_found")) == (2, True)
    assert history("user_id:bob", together) == {"plan": "basic-marker", "city": "(erased)"}
    assert history("user_id:bob", now) == {"plan": "basic-marker"}


def test_the_ledger_balances_at_the_end(engine):
    assert engine.settle() == {}
    assert engine.ledger()["balance"] == 0
    assert engine.metrics().get("UnhandledErrors", 0) == 0
