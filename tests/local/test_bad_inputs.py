"""What no sender should send: a clear 4xx or a kept failed event; the good ones are applied."""

from __future__ import annotations

import gzip
import json
import zlib

import pytest

DEEP = (
    b'{"type":"track","userId":"u","event":"x","properties":' + b'{"a":' * 1000 + b"1" + b"}" * 1001
)
BAD_EVENTS = {
    "33 KB": b'{"type":"track","userId":"u","event":"x","properties":{"n":"'
    + b"x" * 33_000
    + b'"}}',
    "NaN": b'{"type":"track","userId":"u","event":"x","properties":{"n":NaN}}',
    "Infinity": b'{"type":"track","userId":"u","event":"x","properties":{"n":-Infinity}}',
    "1e999": b'{"type":"track","userId":"u","event":"x","properties":{"n":1e999}}',
    "lone surrogate": b'{"type":"track","userId":"u","event":"\\ud800","properties":{}}',
    "lone surrogate in the id": b'{"type":"track","userId":"\\udfff","event":"x"}',
    "4,000 digits": b'{"type":"track","userId":"u","event":"x","properties":{"n":'
    + b"9" * 4000
    + b"}}",
    "depth 1,000": DEEP,
    "null": b"null",
    "a string": b'"event"',
    "an array": b"[1]",
    "no person": b'{"type":"track","event":"x"}',
    "no event": b'{"type":"track","userId":"u"}',
    "unknown type": b'{"type":"dance","userId":"u"}',
}


KEPT = {"received": 1, "failed": 1}
"""A refused body of a known sender may be kept as one failed event."""


@pytest.fixture
def counts(engine):
    """How the ledger changed since the start of the test, when called."""
    before = engine.ledger()

    def changes():
        assert engine.settle(timeout=60) == {}
        after = engine.ledger()
        assert after["balance"] == 0
        return {name: after[name] - before[name] for name in after if after[name] != before[name]}

    return changes


@pytest.mark.parametrize("name", BAD_EVENTS)
def test_a_bad_event_is_kept_and_the_good_ones_of_its_batch_are_applied(name, ask, counts):
    good = json.dumps(
        {"type": "track", "userId": "good", "event": "Fine", "messageId": name}
    ).encode()
    late = json.dumps(
        {"type": "track", "userId": "good", "event": "Fine", "messageId": name + "2"}
    ).encode()
    body = b'{"batch":[' + good + b"," + BAD_EVENTS[name] + b"," + late + b"]}"
    status, answer = ask.send(body)
    assert (status, answer["success"]) == (200, True)
    assert counts() == {"received": 3, "applied": 2, "failed": 1}


@pytest.mark.parametrize("name", BAD_EVENTS)
def test_a_bad_event_sent_alone_is_refused_or_kept_but_never_lost_or_5xx(name, ask, counts):
    status, answer = ask.send(BAD_EVENTS[name], "/v1/track")
    changed = counts()
    if status == 200:
        assert changed["received"] == sum(changed[k] for k in ("applied", "failed") if k in changed)
    else:
        assert 400 <= status < 500
        assert answer["code"]
        assert answer["message"]
    assert "applied" not in changed or name in {"unknown type", "no event"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"batch":',
        b"\xff\xfe\x00",
        b"[]",
        b"null",
        b'"x"',
        b"{}",
        b'{"batch":5}',
        b'{"batch":{}}',
        b"[" * 50_000,
        b'{"a":' * 50_000,
        gzip.compress(b"{}", mtime=0),
        b'{"batch":[' + b"," * 100 + b"]}",
    ],
)
def test_a_body_that_holds_no_events_is_a_clear_4xx(body, ask, counts):
    status, answer = ask.send(body)
    assert 400 <= status < 500, answer
    assert answer["code"]
    assert len(answer["message"].split()) >= 3
    assert counts() in ({}, KEPT)


def test_a_batch_over_500_kb_is_refused_whole(ask, counts):
    events = [
        {"type": "track", "userId": "u", "event": "x", "properties": {"n": "y" * 10_000}}
        for _ in range(51)
    ]
    status, answer = ask.send({"batch": events})
    assert (status, bool(answer["code"])) in {(400, True), (413, True)}
    assert counts() == {}


@pytest.mark.parametrize("key", ["", "wrong", "\u00e9".encode().decode("latin-1"), "x" * 5000])
def test_a_wrong_key_is_401_with_a_code(key, ask, counts):
    event = {"type": "track", "userId": "u", "event": "x"}
    status, answer = ask.json("POST", "/v1/track", event, **{"x-write-key": key})
    assert (status, bool(answer["code"]), bool(answer["message"])) == (401, True, True)
    assert counts() == {}


def test_a_gzip_bomb_is_refused(ask, counts):
    bomb = gzip.compress(b'{"batch":[' + b" " * 200_000_000 + b"]}", mtime=0)
    headers = {"x-write-key": ask.write_key, "content-encoding": "gzip"}
    status, _, body = ask("POST", "/v1/batch", bomb, headers)
    assert 400 <= status < 500
    assert json.loads(body)["code"]
    assert counts() == {}


@pytest.mark.parametrize(
    "encoded", [b"not gzip", gzip.compress(b"{}", mtime=0)[:-4], zlib.compress(b"{}")]
)
def test_a_body_that_is_not_what_its_encoding_says_is_a_4xx(encoded, ask, counts):
    headers = {"x-write-key": ask.write_key, "content-encoding": "gzip"}
    status, _, _ = ask("POST", "/v1/batch", encoded, headers)
    assert 400 <= status < 500
    assert counts() in ({}, KEPT)


def test_a_body_over_the_limit_of_api_gateway_is_413_json(ask):
    status, headers, body = ask("POST", "/v1/batch", b"x" * (11 * 1024 * 1024))
    assert (status, headers["content-type"]) == (413, "application/json")
    assert json.loads(body)


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "text/plain;charset=UTF-8", "application/x-www-form-urlencoded", None],
)
@pytest.mark.parametrize("is_zipped", [False, True])
def test_json_is_taken_whatever_the_content_type_says(content_type, is_zipped, ask, counts):
    event = {
        "type": "track",
        "userId": "type",
        "event": "x",
        "messageId": f"type-{content_type}-{is_zipped}",
    }
    body = json.dumps({"batch": [event], "writeKey": ask.write_key}).encode()
    headers = {"content-type": content_type} if content_type else {}
    if is_zipped:
        body, headers = gzip.compress(body, mtime=0), headers | {"content-encoding": "gzip"}
    assert ask("POST", "/v1/batch", body, headers)[0] == 200
    assert counts() == {"received": 1, "applied": 1}
