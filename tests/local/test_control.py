from __future__ import annotations

import json

import pytest

EVENT = {"type": "track", "userId": "control", "event": "Cart Viewed"}


def track(ask, message_id, **more):
    return ask.send({**EVENT, "messageId": message_id, **more}, "/v1/track")


def test_settled_answers_when_everything_has_reached_its_place(ask):
    before = ask.json("GET", "/_local/ledger")[1]
    assert track(ask, "settled-1") == (200, {"success": True})
    status, left = ask.json("GET", "/_local/settled?timeout=0")
    assert status == 503
    assert any("profiles/update" in name for name in left["in_flight"])
    assert ask.json("GET", "/_local/settled?timeout=30") == (
        200,
        {"settled": True, "in_flight": {}},
    )
    after = ask.json("GET", "/_local/ledger")[1]
    assert after["received"] == before["received"] + 1
    assert after["applied"] == before["applied"] + 1
    assert after["balance"] == 0


@pytest.mark.parametrize("timeout", ["-1", "nan", "abc", "601"])
def test_settled_refuses_a_timeout_that_is_none(ask, timeout):
    assert ask.json("GET", f"/_local/settled?timeout={timeout}")[0] == 400


def test_the_clock_stands_where_it_is_told_and_what_came_before_is_settled_first(ask):
    _, before = ask.json("GET", "/_local/clock")
    track(ask, "clock-1")
    status, answer = ask.json("POST", "/_local/clock", {"advance_seconds": 3600})
    assert (status, answer["now_ms"]) == (200, before["now_ms"] + 3_600_000)
    assert ask.profile("user_id:control")["lag_ms"] == 0
    status, answer = ask.json("POST", "/_local/clock", {"now": "2027-03-01T00:00:00Z"})
    assert (status, answer["now"]) == (200, "2027-03-01T00:00:00.000Z")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"advance_seconds": -1},
        {"advance_seconds": "5"},
        {"advance_seconds": True},
        {"advance_seconds": 1e300},
        {"advance_seconds": 1, "now": "2030-01-01T00:00:00Z"},
        {"now": "yesterday"},
        {"now": "2020-01-01T00:00:00Z"},
        {"now": 5},
        [],
        b"{broken",
        b"\xff",
        b"[" * 100_000,
    ],
)
def test_a_clock_that_cannot_be_set_is_a_400_with_a_sentence(ask, body):
    _, before = ask.json("GET", "/_local/clock")
    status, answer = ask.json("POST", "/_local/clock", body)
    assert status == 400
    assert len(answer["message"].split()) > 3
    assert ask.json("GET", "/_local/clock")[1] == before


def test_the_outbox_holds_the_requests_and_a_forced_failure_is_tried_again(ask):
    force = {"status": 429, "times": 2, "headers": {"retry-after": "1"}, "body": {"no": 1}}
    assert ask.json("POST", "/_local/esp/webhook", force)[0] == 200
    before = len(ask.json("GET", "/_local/outbox/webhook")[1])
    track(ask, "outbox-1", userId="outbox-person")
    assert ask.json("GET", "/_local/settled?timeout=30")[0] == 200
    requests = ask.json("GET", "/_local/outbox/webhook")[1][before:]
    assert [request["answered"] for request in requests] == [429, 429, 204]
    assert requests[-1]["method"] == "POST"
    assert "webhook-signature" in requests[-1]["headers"]
    assert (
        "outbox-person"
        in json.loads(requests[-1]["body"])["data"]["profiles"][0]["identifiers"]["user_id"]
    )


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/_local/esp/nobody", {"status": 500}, 400),
        ("/_local/esp/webhook", {"times": 1}, 400),
        ("/_local/esp/webhook", {"status": 500, "colour": "red"}, 400),
        ("/_local/nothing", {}, 404),
    ],
)
def test_a_wrong_question_gets_a_sentence(ask, path, body, status):
    found, answer = ask.json("POST", path, body)
    assert found == status
    assert answer["message"]


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"host": "127.0.0.1.evil.example:80"},
        {"origin": "https://evil.example"},
        {"host": ""},
    ],
)
def test_only_loopback_hosts_and_pages_are_answered(ask, headers):
    assert ask("GET", "/_local/sinks", headers=headers)[0] == 403


def test_sinks_hold_everything_at_rest_but_neither_secrets_nor_people(ask):
    marker = "planted-marker-7f3a"
    track(
        ask,
        "sinks-1",
        userId=marker,
        properties={"note": marker},
        context={"traits": {"email": f"{marker}@shop.example"}},
    )
    ask.send({"type": "track", "event": "No Person", "properties": {"note": marker}}, "/v1/track")
    assert ask.json("GET", "/_local/settled?timeout=30")[0] == 200
    _, _, body = ask("GET", "/_local/sinks")
    lines = [json.loads(line) for line in body.splitlines()]
    kinds = {line["sink"] for line in lines}
    assert kinds >= {"stream", "table", "table_stream", "bucket", "log"}
    assert all(line["partition_key"] for line in lines if line["sink"] == "stream")
    assert marker.encode() not in body
    assert ask.write_key.encode() not in body
    assert ask.read_key.encode() not in body


def test_an_answer_of_the_server_itself_is_json_too(ask):
    status, headers, body = ask("GET", "/v1/pixel.gif", headers={"x-long": "x" * 20_000})
    assert (status, headers["content-type"]) == (431, "application/json")
    assert json.loads(body)["message"]
