"""Pixels: the image is the answer to everything, and the event is taken where there is one."""

import base64
import json
from urllib.parse import quote

import pytest

from millrace.errors import RetryLater

OPENED = {
    "writeKey": "wk_website",
    "userId": "u1",
    "event": "Email Opened",
    "properties": {"subject": "50 % off? >>> yes"},
}
RAW = json.dumps(OPENED, ensure_ascii=False).encode()
STANDARD = base64.b64encode(RAW).decode()


def is_the_image(response) -> bool:
    return (
        response.status == 200
        and response.headers == {"content-type": "image/gif", "cache-control": "no-store"}
        and response.body.startswith(b"GIF89a")
        and len(response.body) == 43
    )


@pytest.mark.parametrize(
    "data",
    [
        STANDARD,
        STANDARD.rstrip("="),
        STANDARD.replace("+", " "),
        base64.urlsafe_b64encode(RAW).decode(),
        base64.urlsafe_b64encode(RAW).decode().rstrip("="),
        quote(STANDARD, safe=""),
        RAW.decode(),
    ],
)
def test_data_is_read_in_every_spelling_of_base64(intake, data):
    assert is_the_image(
        intake.get("/v1/pixel/track", "/v1/pixel/{type}", query={"data": data},
                   path_parameters={"type": "track"})
    )  # fmt: skip
    (event,) = intake.sink.events
    assert (event.type, event.name, event.properties) == (
        "track", "Email Opened", OPENED["properties"],
    )  # fmt: skip


def test_segments_own_example_without_padding_is_read(intake):
    data = base64.b64encode(RAW.replace(b"Opened", b"Opened!")).decode()
    assert data.endswith("=")
    intake.get("/v1/pixel.gif", query={"data": data.rstrip("=")})
    assert [event.name for event in intake.sink.events] == ["Email Opened!"]


def test_a_flat_query_becomes_an_event(intake):
    response = intake.get(
        "/v1/pixel.gif",
        query={
            "writeKey": "wk_website",
            "anonymousId": "a1",
            "event": "Email Opened",
            "properties.subject": "Hello",
            "properties.campaign.id": "7",
            "context.traits.email": "Ada@Example.com",
        },
        headers={"user-agent": "Mail/1.0"},
    )
    assert is_the_image(response)
    (event,) = intake.sink.events
    assert event.properties == {"subject": "Hello", "campaign": {"id": "7"}}
    assert event.context == {"userAgent": "Mail/1.0", "ip": "203.0.113.9"}
    assert [(i.kind, i.value) for i in event.identifiers] == [
        ("anonymous_id", "a1"),
        ("email", "ada@example.com"),
    ]


@pytest.mark.parametrize(
    ("path_type", "fields", "expected"),
    [
        ("page", {"name": "Home"}, "page"),
        ("p", {"name": "Home"}, "page"),
        ("screen", {}, "screen"),
        ("identify", {}, "identify"),
        ("group", {"groupId": "g"}, "group"),
        ("alias", {"previousId": "a"}, "alias"),
        ("track.gif", {"event": "e"}, "track"),
        ("", {"event": "e"}, "track"),
        ("", {"type": "identify"}, "identify"),
        ("", {}, "page"),
    ],
)
def test_the_type_comes_from_the_path_or_the_event(intake, path_type, fields, expected):
    route = "/v1/pixel/{type}" if path_type else "/v1/pixel.gif"
    query = {"writeKey": "wk_website", "userId": "u1", **fields}
    intake.get(
        "/v1/x", route, query=query, path_parameters={"type": path_type} if path_type else {}
    )
    assert [event.type for event in intake.sink.events] == [expected]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"data": "%%%"}, "invalid_pixel_data"),
        ({"data": "x"}, "invalid_pixel_data"),
        ({"data": "é"}, "invalid_pixel_data"),
        ({"data": ""}, "invalid_json"),
        ({"data": base64.b64encode(b"[1]").decode()}, "not_an_object"),
        ({"data": base64.b64encode(b'{"x":NaN}').decode()}, "non_finite_number"),
        ({"event": "e"}, "no_identifier"),
        ({"event": "e", "userId": "u1", "properties": "x", "properties.y.z": "1"}, None),
        ({"event": "e", "userId": "u1", ".": "1", "...": "2", "": "3"}, None),
        ({"event": "e", "userId": "u1", "a." * 3_000: "deep"}, None),
    ],
)
def test_a_bad_pixel_is_kept_and_still_an_image(intake, query, code):
    response = intake.get(
        "/v1/pixel/track", "/v1/pixel/{type}", query=query, headers={"x-write-key": "wk_website"},
        path_parameters={"type": "track"},
    )  # fmt: skip
    assert is_the_image(response)
    assert [failed.code for failed in intake.failed_events.kept] == ([code] if code else [])
    assert intake.counts["EventsReceived"] == 1
    assert intake.counts["EventsFailed"] == (1 if code else 0)


def test_an_unknown_type_is_kept(intake):
    intake.get("/v1/pixel/open", "/v1/pixel/{type}", path_parameters={"type": "open"},
               query={"writeKey": "wk_website", "userId": "u1"})  # fmt: skip
    assert [failed.code for failed in intake.failed_events.kept] == ["unknown_type"]


@pytest.mark.parametrize(
    "query", [{}, {"writeKey": "wrong", "userId": "u1", "event": "e"}, {"\ud800": "x"}]
)
def test_a_pixel_of_nobody_is_an_image_and_counted(intake, query):
    assert is_the_image(intake.get("/v1/pixel.gif", query=query))
    assert intake.counts == {"RequestsRefused": 1}
    assert intake.failed_events.kept == []


def test_a_pixel_that_the_stream_does_not_take_waits_with_the_failed_events(intake):
    intake.sink.refused = frozenset({0})
    query = {"writeKey": "wk_website", "userId": "u1", "event": "Email Opened"}
    assert is_the_image(intake.get("/v1/pixel.gif", query=query))
    (failed,) = intake.failed_events.kept
    assert failed.code == "stream_unavailable"
    assert json.loads(failed.payload) == query
    assert intake.counts == {"EventsReceived": 1, "EventsFailed": 1}


def test_a_pixel_is_an_image_when_everything_is_down(intake):
    intake.sink.refused = frozenset({0})
    intake.failed_events.is_failing = True
    query = {"writeKey": "wk_website", "userId": "u1", "event": "e"}
    assert is_the_image(intake.get("/v1/pixel.gif", query=query))
    intake.secrets.failing = RetryLater("secrets_unavailable", "down")
    assert is_the_image(intake.get("/v1/pixel.gif", query=query))
    assert intake.counts == {"UnhandledErrors": 2}
    assert len(intake.reported) == 3
