"""Limits per source, keys that change, and answers that give nothing away."""

import base64
import gzip
import json

import pytest
from botocore.exceptions import ClientError

from millrace.adapters.secrets import SecretsManagerSecrets
from millrace.errors import NeedsHuman, RetryLater
from millrace.intake.throttle import RateLimited, Throttle
from tests.adapters.test_secrets import CountingClient

TRACK = {"type": "track", "userId": "u1", "event": "e"}


class Moment:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def limited(intake, per_second):
    moment = Moment()
    object.__setattr__(intake.doors, "throttle", Throttle(per_second, moment))
    return moment


def test_a_source_that_sends_too_much_is_told_when_to_come_back(intake, code_of):
    moment = limited(intake, 10)
    batch = {"batch": [TRACK] * 15}
    assert intake.post("batch", batch).status == 200
    assert intake.post("batch", batch).status == 200, "what is left is enough to take it whole"
    response = intake.post("batch", batch)
    assert (response.status, code_of(response)) == (429, "rate_limited")
    assert response.headers["retry-after"] == "2"
    assert intake.counts == {"EventsReceived": 30, "RequestsRefused": 1}
    assert intake.failed_events.kept == []
    moment.now += 2
    assert intake.post("batch", batch).status == 200


def test_one_source_never_costs_another_its_turn(intake):
    limited(intake, 1)
    for _ in range(3):
        intake.post("track", TRACK)
    assert intake.post("track", TRACK).status == 429
    assert intake.post("track", TRACK, headers={"x-write-key": "wk_server"}).status == 200


def test_a_wrong_key_is_never_throttled_into_a_429(intake):
    limited(intake, 1)
    for _ in range(5):
        assert intake.post("track", TRACK, headers={"x-write-key": "guess"}).status == 401


def test_the_steady_rate_is_what_was_configured():
    moment = Moment()
    throttle = Throttle(100, moment)
    taken = 0
    for tick in range(1, 10_001):
        moment.now = tick / 100
        try:
            throttle.take("website", 10)
            taken += 10
        except RateLimited:
            continue
    assert 100 * 100 <= taken <= 100 * 102 + 10


def test_no_limit_means_none():
    throttle = Throttle(0)
    for _ in range(1_000):
        throttle.take("website", 2_500)


def rotating(intake, value):
    store = CountingClient(value)
    object.__setattr__(intake.doors, "secrets", SecretsManagerSecrets(store, intake.clock))
    object.__setattr__(intake.doors, "write_keys", {"website": "s/website"})
    return store


def send(intake, key):
    return intake.post("track", TRACK, headers={"x-write-key": key}).status


def test_a_new_key_works_half_a_minute_after_its_rotation_at_the_latest(intake):
    store = rotating(intake, '{"secret": "old"}')
    assert send(intake, "old") == 200
    store.answer = '{"secret": "new", "previous": "old"}'
    intake.clock.advance(29_999)
    assert send(intake, "new") == 401
    intake.clock.advance(1)
    assert [send(intake, "new"), send(intake, "old")] == [200, 200]
    assert store.calls == 2


def test_guessed_keys_cost_two_calls_a_minute_however_many_they_are(intake):
    store = rotating(intake, '{"secret": "right"}')
    for _ in range(600):
        assert send(intake, "guess") == 401
        intake.clock.advance(100)
    assert store.calls == 2
    assert send(intake, "right") == 200


def test_a_guess_while_the_store_is_down_does_not_cost_the_right_key(intake):
    store = rotating(intake, '{"secret": "right"}')
    assert send(intake, "right") == 200
    store.answer = CLIENT_ERROR
    intake.clock.advance(60_000)
    assert send(intake, "guess") == 401
    assert send(intake, "right") == 200


CLIENT_ERROR = ClientError(
    {"Error": {"Code": "ThrottlingException", "Message": ""}}, "GetSecretValue"
)

MARK = "m4rk3r"
LOADED = {
    "type": f"{MARK}-type",
    "userId": f"{MARK}-user@example.com",
    "anonymousId": f"{MARK}-anonymous",
    "messageId": f"{MARK}-message",
    "event": f"{MARK}-event",
    "previousId": f"{MARK}-previous",
    "groupId": f"{MARK}-group",
    "traits": {"email": f"{MARK}@example.com", "name": f"{MARK}-name"},
    "properties": {"secret": f"{MARK}-property"},
    "context": {"ip": f"{MARK}-ip", "traits": {"email": f"{MARK}-2@example.com"}},
    "integrations": {"All": f"{MARK}-integration"},
    "timestamp": f"{MARK}-time",
    "sentAt": f"{MARK}-sent",
}
BAD_BODIES = {
    "unknown type": LOADED,
    "no identifier": {"type": "page", "messageId": MARK, "properties": {"x": MARK}},
    "missing event": {**LOADED, "type": "track", "event": ""},
    "long name": {**LOADED, "type": "track", "event": MARK * 100},
    "not an object": {**LOADED, "type": "track", "properties": f"{MARK}-text"},
    "not JSON": f'{{"userId": "{MARK}", '.encode(),
    "NaN": f'{{"type": "track", "userId": "{MARK}", "event": "{MARK}", "x": NaN}}'.encode(),
    "huge number": f'{{"userId": "{MARK}", "x": {"9" * 400}}}'.encode(),
    "surrogate": f'{{"userId": "{MARK}", "x": "\\ud800"}}'.encode(),
    "twice": f'{{"userId": "{MARK}", "userId": "{MARK}-2"}}'.encode(),
    "deep": (f'{{"userId": "{MARK}", "x": ' + "[" * 100 + "]" * 100 + "}").encode(),
    "too large": {**LOADED, "x": "y" * 40_000},
    "body too large": {**LOADED, "x": "y" * 600_000},
    "bad gzip": gzip.compress(MARK.encode() * 100)[:-9],
    "utf-16": json.dumps(LOADED).encode("utf-16"),
}  # fmt: skip


def the_error_paths(intake):
    marked = {"x-write-key": "wk_website", "user-agent": MARK, "x-forwarded-for": MARK}
    for body in BAD_BODIES.values():
        for call in ("track", "identify", "page", "group", "alias", "batch"):
            yield intake.post(call, body, headers=marked)
            yield intake.post(call, {"batch": [body]} if isinstance(body, dict) else body)
    wrong = "Basic " + base64.b64encode(f"{MARK}:".encode()).decode()
    for headers in ({"authorization": wrong}, {"x-write-key": MARK}, {"authorization": MARK}):
        yield intake.post("track", LOADED, headers=headers)
        yield intake.post("batch", {"batch": [LOADED], "writeKey": MARK}, headers=headers)
    yield intake.post(MARK, LOADED)
    query = {"writeKey": MARK, "data": MARK}
    yield intake.get("/v1/pixel.gif", query=query)
    settings = "/v1/projects/{writeKey}/settings"
    yield intake.get(settings, path_parameters={"writeKey": MARK})
    intake.sink.refused = frozenset({0})
    yield intake.post("track", {**LOADED, "type": "track"})
    intake.failed_events.is_failing = True
    yield intake.post("track", LOADED)
    for error in (RetryLater("secrets_unavailable", "down"), NeedsHuman("secret_missing", "none")):
        intake.secrets.failing = error
        yield intake.post("track", LOADED)


def test_no_error_gives_back_a_value_or_a_key_that_was_sent(intake):
    responses = list(the_error_paths(intake))
    assert {response.status for response in responses} >= {200, 400, 401, 404, 503}
    for response in responses:
        assert MARK not in response.body.decode("latin-1"), response.body
        assert MARK not in str(response.headers)
        assert "wk_" not in response.body.decode("latin-1"), "no key is named, right or wrong"
    for error in intake.reported:
        assert MARK not in str(error)


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_a_body_is_measured_before_and_after_it_is_inflated(intake, code_of, encoding):
    plain = json.dumps({**TRACK, "x": "y" * 2_000_000}).encode()
    body = gzip.compress(plain) if encoding == "gzip" else plain
    response = intake.post("track", body)
    assert (response.status, code_of(response)) == (400, "body_too_large")
    assert intake.failed_events.kept == []
