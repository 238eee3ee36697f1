"""Requests of the tracking API: who may send, what is answered, what is counted."""

import base64
import gzip
import json
import zlib

import pytest

from millrace.errors import NeedsHuman, RetryLater
from millrace.intake.routes import CALLS, LETTERS, ROUTES

TRACK = {"userId": "u1", "event": "Product Viewed", "messageId": "m1"}
BY_CALL = {
    "track": TRACK,
    "identify": {"userId": "u1", "traits": {"plan": "pro"}},
    "page": {"anonymousId": "a1", "name": "Home"},
    "screen": {"anonymousId": "a1", "name": "Home"},
    "group": {"userId": "u1", "groupId": "g1"},
    "alias": {"userId": "u1", "previousId": "a1"},
}


def basic(user: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{user}:".encode()).decode()}


@pytest.mark.parametrize("name", [name for call in BY_CALL for name in (call, call[0])])
def test_every_call_is_taken_under_its_long_and_its_short_path(intake, name):
    response = intake.post(name, BY_CALL[LETTERS.get(name, name)])
    assert response.status == 200
    assert response.body == b'{"success":true}'
    assert response.headers["content-type"] == "application/json"
    assert [event.type for event in intake.sink.events] == [LETTERS.get(name, name)]


def test_the_routes_are_what_api_gateway_is_given():
    assert len(CALLS) == 15
    assert set(ROUTES) - set(CALLS) == {
        "GET /v1/pixel.gif",
        "GET /v1/pixel/{type}",
        "GET /v1/projects/{writeKey}/settings",
        "GET /v1/openapi.json",
    }


def test_an_unknown_route_is_404(intake, code_of):
    response = intake.post("delete", {})
    assert (response.status, code_of(response)) == (404, "no_such_route")


@pytest.mark.parametrize(
    ("headers", "body", "query"),
    [
        (basic("wk_website"), {}, {}),
        ({"authorization": "basic " + base64.b64encode(b"wk_website").decode()}, {}, {}),
        ({"authorization": "Bearer wk_website"}, {}, {}),
        ({"authorization": "Bearer some.oauth.token"}, {"writeKey": "wk_website"}, {}),
        ({"x-write-key": "wk_website"}, {}, {}),
        ({"x-write-key": "wk_website:secret"}, {}, {}),
        ({}, {"writeKey": "wk_website"}, {}),
        ({}, {"writeKey": "wk_website:***"}, {}),
        ({}, {}, {"writeKey": "wk_website"}),
        ({"authorization": "Basic ###"}, {"writeKey": "wk_website"}, {}),
    ],
)
@pytest.mark.parametrize("call", ["track", "batch"])
def test_the_write_key_is_found_wherever_sdks_put_it(intake, call, headers, body, query):
    payload = (
        {**TRACK, **body} if call == "track" else {"batch": [{**TRACK, "type": "track"}], **body}
    )
    assert intake.post(call, payload, headers=headers, query=query).status == 200
    assert [event.source for event in intake.sink.events] == ["website"]


def test_the_write_key_of_an_item_stands_for_its_batch(intake):
    item = {**TRACK, "type": "track", "writeKey": "wk_server"}
    assert intake.post("batch", {"batch": [item]}, headers={}).status == 200
    assert intake.sink.events[0].source == "server"


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (basic("wk_other"), {}),
        (basic("wk_other"), {"writeKey": "wk_website"}),
        ({}, {}),
        ({}, {"writeKey": "wk_websit"}),
        ({}, {"writeKey": ["wk_website"]}),
        ({"authorization": "Bearer wk_other"}, {}),
        ({"x-write-key": "é"}, {}),
        ({"x-write-key": ":"}, {}),
    ],
)
@pytest.mark.parametrize("call", ["track", "batch"])
def test_a_wrong_or_missing_write_key_is_401_and_nothing_is_stored(
    intake, code_of, call, headers, body
):
    payload = (
        {**TRACK, **body} if call == "track" else {"batch": [{**TRACK, "type": "track"}], **body}
    )
    response = intake.post(call, payload, headers=headers)
    assert (response.status, code_of(response)) == (401, "invalid_write_key")
    assert "www-authenticate" not in response.headers  # browsers would ask their user
    assert intake.sink.records == []
    assert intake.failed_events.kept == []
    assert intake.counts == {"RequestsRefused": 1}


def test_a_key_is_compared_with_every_source_even_after_it_was_found(intake):
    asked = []
    get = intake.secrets.get
    intake.secrets.get = lambda name: asked.append(name) or get(name)
    intake.post("track", TRACK)
    assert asked == ["s/website", "s/server"]


@pytest.mark.parametrize(
    "error",
    [RetryLater("secrets_unavailable", "down"), NeedsHuman("secret_missing", "s/website")],
)
def test_a_failing_secret_store_is_503_not_401(intake, code_of, error):
    intake.secrets.failing = error
    response = intake.post("track", TRACK)
    assert (response.status, code_of(response)) == (503, error.code)
    assert int(response.headers["retry-after"]) >= 1
    assert "s/website" not in response.body.decode()
    assert intake.reported == [error]
    assert not intake.counts


def test_one_unreadable_secret_does_not_stop_the_other_sources(intake):
    del intake.secrets.secrets["s/server"]
    assert intake.post("track", TRACK).status == 200
    assert intake.post("track", TRACK, headers=basic("wk_server")).status == 503


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "text/plain",
        "text/plain;charset=UTF-8",
        "application/x-www-form-urlencoded",
    ],
)
def test_the_content_type_does_not_matter(intake, content_type):
    assert intake.post("track", TRACK, {**intake.key, "content-type": content_type}).status == 200


@pytest.mark.parametrize("header", [{"content-encoding": "gzip"}, {}])
def test_gzip_is_known_by_its_first_bytes(intake, header):
    body = gzip.compress(json.dumps(TRACK).encode(), mtime=0)
    assert intake.post("track", body, {**intake.key, **header}).status == 200
    assert len(intake.sink.events) == 1


def test_a_body_that_a_proxy_has_inflated_is_taken_in_spite_of_its_header(intake):
    assert intake.post("track", TRACK, {**intake.key, "content-encoding": "gzip"}).status == 200


@pytest.mark.parametrize("window", [15, -15])
def test_deflate_is_taken_with_and_without_its_wrapper(intake, window):
    deflater = zlib.compressobj(wbits=window)
    body = deflater.compress(json.dumps(TRACK).encode()) + deflater.flush()
    assert intake.post("track", body, {**intake.key, "content-encoding": "deflate"}).status == 200


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (gzip.compress(b"0" * 50_000_000, mtime=0), "body_too_large"),
        (gzip.compress(json.dumps(TRACK).encode(), mtime=0)[:-9], "invalid_encoding"),
        (gzip.compress(json.dumps(TRACK).encode(), mtime=0) + b"more", "invalid_encoding"),
        (
            gzip.compress(gzip.compress(json.dumps(TRACK).encode(), mtime=0), mtime=0),
            "invalid_unicode",
        ),
        (b"\x1f\x8bnot gzip at all", "invalid_encoding"),
    ],
)
def test_bad_gzip_is_400(intake, code_of, body, code):
    response = intake.post("track", body)
    assert (response.status, code_of(response)) == (400, code)


def test_an_empty_batch_is_taken(intake):
    assert intake.post("batch", {"batch": []}).status == 200
    assert intake.sink.records == []
    assert not +intake.counts


def test_a_batch_of_2500_events_is_taken_and_of_2501_is_not(intake, code_of):
    items = [{"type": "track", "userId": f"u{n % 9}", "event": "e"} for n in range(2501)]
    response = intake.post("batch", {"batch": items})
    assert (response.status, code_of(response)) == (400, "too_many_events")
    assert intake.post("batch", {"batch": items[:2500]}).status == 200
    assert intake.counts == {"RequestsRefused": 1, "EventsReceived": 2500}


def test_a_body_of_512000_bytes_is_taken_and_one_more_is_not(intake, code_of):
    body = json.dumps({"batch": [{"type": "track", **TRACK}]}).encode()
    assert intake.post("batch", body.ljust(512_000)).status == 200
    response = intake.post("batch", body.ljust(512_001))
    assert (response.status, code_of(response)) == (400, "body_too_large")
    assert len(intake.sink.events) == 1


def test_an_event_of_32768_bytes_is_taken_and_one_more_is_a_kept_failure(intake):
    def item(size: int) -> dict:
        empty = {"type": "track", **TRACK, "messageId": f"m-{size:5}", "properties": {"x": ""}}
        filler = "x" * (size - len(json.dumps(empty)))
        return {**empty, "properties": {"x": filler}}

    response = intake.post("batch", {"batch": [item(32_768), item(32_769), item(200)]})
    assert response.status == 200
    assert len(intake.sink.events) == 2
    (failed,) = intake.failed_events.kept
    assert failed.code == "event_too_large"
    assert json.loads(failed.payload) == item(32_769)
    assert intake.counts == {"EventsReceived": 3, "EventsFailed": 1}


def test_a_single_event_of_33_kilobytes_is_400_and_kept(intake, code_of):
    body = json.dumps({**TRACK, "properties": {"x": "x" * 33_000}}).encode()
    response = intake.post("track", body)
    assert (response.status, code_of(response)) == (400, "event_too_large")
    assert [failed.payload for failed in intake.failed_events.kept] == [body]
    assert intake.counts == {"EventsReceived": 1, "EventsFailed": 1, "RequestsRefused": 1}


@pytest.mark.parametrize("call", ["track", "batch"])
def test_broken_json_of_a_known_source_is_400_and_kept(intake, code_of, call):
    response = intake.post(call, b'{"batch": [')
    assert (response.status, code_of(response)) == (400, "invalid_json")
    (failed,) = intake.failed_events.kept
    assert (failed.payload, failed.source, failed.stage) == (b'{"batch": [', "website", "intake")
    assert intake.counts == {"EventsReceived": 1, "EventsFailed": 1, "RequestsRefused": 1}


@pytest.mark.parametrize("call", ["track", "batch"])
def test_broken_json_of_nobody_is_400_and_not_kept(intake, code_of, call):
    response = intake.post(call, b'{"batch": [', headers={})
    assert (response.status, code_of(response)) == (400, "invalid_json")
    assert intake.failed_events.kept == []
    assert intake.counts == {"RequestsRefused": 1}


def test_the_key_of_a_body_with_one_broken_value_is_still_found(intake, code_of):
    body = b'{"writeKey": "wk_server", "userId": "u1", "event": "e", "properties": {"x": NaN}}'
    response = intake.post("track", body, headers={})
    assert (response.status, code_of(response)) == (400, "non_finite_number")
    assert [failed.source for failed in intake.failed_events.kept] == ["server"]


@pytest.mark.parametrize(
    "body", [b"[]", b"{}", b"null", b'"batch"', b'{"batch": {}}', b'{"batch": null}']
)
def test_a_batch_without_a_list_of_events_is_400(intake, body, code_of):
    response = intake.post("batch", body)
    assert response.status == 400
    assert code_of(response) in {"invalid_batch", "invalid_json"}


def test_bad_events_of_a_batch_are_kept_and_the_good_ones_taken(intake):
    body = b"""{"batch": [
        {"type": "track", "userId": "u1", "event": "first"},
        {"type": "track", "userId": "u1"},
        NaN,
        {"type": "track", "userId": "u1", "event": "second", "properties": {"x": -Infinity}},
        {"type": "track", "userId": "u1", "event": "last"}]}"""
    assert intake.post("batch", body).body == b'{"success":true}'
    assert [event.name for event in intake.sink.events] == ["first", "last"]
    assert [(failed.code, failed.pointer) for failed in intake.failed_events.kept] == [
        ("missing_event", "/event"),
        ("non_finite_number", ""),
        ("non_finite_number", ""),
    ]
    assert intake.failed_events.kept[1].payload == b"NaN"
    assert intake.counts == {"EventsReceived": 5, "EventsFailed": 3}


def test_nothing_is_answered_200_before_failed_events_are_kept(intake, code_of):
    intake.failed_events.is_failing = True
    body = {"batch": [{"type": "track", **TRACK}, {"type": "track"}]}
    response = intake.post("batch", body)
    assert (response.status, code_of(response)) == (503, "failed_events_unavailable")
    assert intake.sink.records == []
    assert not intake.counts


def test_nothing_is_answered_200_before_the_stream_has_it(intake, code_of):
    intake.sink.refused = frozenset({0})
    response = intake.post("track", TRACK)
    assert (response.status, code_of(response)) == (503, "stream_unavailable")
    assert response.headers["retry-after"] == "2"
    assert not +intake.counts


def test_what_the_stream_took_of_a_request_answered_503_is_counted_because_it_is_applied(intake):
    items = [{"type": "track", "userId": user, "event": "e"} for user in ("u1", "u2", "u2", "u3")]
    intake.sink.refused = frozenset({0, 2})
    assert intake.post("batch", {"batch": items}).status == 503
    assert len(intake.sink.events) == 2
    assert intake.counts == {"EventsReceived": 2}
    assert intake.post("batch", {"batch": items}).status == 200
    assert intake.counts["EventsReceived"] == len(intake.sink.events) == 6


def test_there_is_one_record_per_person_and_request_and_their_order_is_kept(intake):
    items = [
        {"type": "track", "userId": f"u{n % 3}", "event": str(n), "messageId": str(n)}
        for n in range(30)
    ]
    intake.post("batch", {"batch": items})
    assert [record.event_count for record in intake.sink.records] == [10, 10, 10]
    keys = [intake.vault.token("user_id", f"u{n}") for n in range(3)]
    assert [record.partition_key for record in intake.sink.records] == keys
    assert [event.name for event in intake.sink.events[:10]] == [str(n) for n in range(0, 30, 3)]


def test_records_are_sealed_and_stay_under_the_limit_of_the_stream(intake):
    shared = {"note": "".join(chr(33 + (n * n) % 90) for n in range(30_000))}
    items = [{"type": "track", "userId": "u1", "event": "secret-marker"} for _ in range(300)]
    assert intake.post("batch", {"batch": items, "context": shared}).status == 200
    assert len(intake.sink.records) > 1
    assert len(intake.sink.events) == 300
    for record in intake.sink.records:
        assert len(record.data) + len(record.partition_key) <= 1024 * 1024
        assert b"secret-marker" not in record.data


def test_a_shared_context_beyond_the_size_of_an_event_is_refused(intake, code_of):
    response = intake.post("batch", {"batch": [], "context": {"x": "x" * 33_000}})
    assert (response.status, code_of(response)) == (400, "context_too_large")


def test_rudders_beacon_brings_its_key_in_the_query_and_its_time_in_a_header(intake):
    item = {"type": "track", "userId": "u1", "event": "e", "timestamp": "2026-05-28T20:26:00Z"}
    response = intake.send(
        "POST",
        "/beacon/v1/batch",
        body=json.dumps({"batch": [item]}).encode(),
        query={"writeKey": "wk_website"},
        headers={"sentat": "2026-05-28T20:26:10Z", "anonymousid": "YQ=="},
    )
    assert (response.status, response.body) == (200, b'{"success":true}')
    (event,) = intake.sink.events
    assert event.event_at == event.received_at - 10_000


@pytest.mark.parametrize(("value", "said"), [("1", True), ("0", None), ("", None)])
def test_global_privacy_control_is_heard_from_the_browser_itself(intake, value, said):
    headers = {**basic("wk_server"), "sec-gpc": value}
    assert intake.post("track", TRACK, headers=headers).status == 200
    (event,) = intake.sink.events
    assert event.context.get("gpc") is said
