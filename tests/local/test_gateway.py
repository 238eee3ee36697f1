from __future__ import annotations

import base64
import json

import pytest

from local.clock import LocalClock
from local.cors import Cors
from local.gateway import Gateway
from local.router import Route, Router
from local.wire import Call

CORS = Cors(
    origins=("*",), methods=("GET", "POST"), headers=("authorization", "content-type"), max_age=60
)


def route(key):
    method, _, path = key.partition(" ")
    return Route(key=key, method=method, segments=tuple(path.split("/")[1:]), function_arn=key)


ROUTES = [
    "POST /v1/track",
    "GET /v1/pixel.gif",
    "GET /v1/pixel/{type}",
    "GET /v1/profiles/{identifier+}",
    "GET /v1/profiles/me",
    "ANY /any/{one}/end",
    "GET /v1/projects/{writeKey}/settings",
]


def matched(method, path, keys=ROUTES):
    match = Router([route(key) for key in keys]).match(method, path)
    return match and (match.route.key, match.parameters)


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("POST", "/v1/track", ("POST /v1/track", {})),
        ("GET", "/v1/track", None),
        ("POST", "/v1/track/", None),
        ("POST", "/v1/tracks", None),
        ("GET", "/v1/pixel/track", ("GET /v1/pixel/{type}", {"type": "track"})),
        ("GET", "/v1/pixel/", None),
        ("GET", "/v1/pixel/a/b", None),
        (
            "GET",
            "/v1/profiles/user_id:a/b",
            ("GET /v1/profiles/{identifier+}", {"identifier": "user_id:a/b"}),
        ),
        ("GET", "/v1/profiles/", None),
        ("GET", "/v1/profiles/me", ("GET /v1/profiles/me", {})),
        ("PUT", "/any/x/end", ("ANY /any/{one}/end", {"one": "x"})),
        (
            "GET",
            "/v1/projects/wk/settings",
            ("GET /v1/projects/{writeKey}/settings", {"writeKey": "wk"}),
        ),
        ("GET", "/", None),
    ],
)
def test_a_request_finds_the_most_specific_route(method, path, expected):
    assert matched(method, path) == expected


def test_the_default_route_takes_what_no_other_takes():
    assert matched("GET", "/x", [*ROUTES, "$default"]) == ("$default", {})


class Handler:
    def __init__(self, result):
        self.result, self.events = result, []

    def __call__(self, arn, event, request_id):
        self.events.append(event)
        if isinstance(self.result, Exception):
            raise self.result
        return self.result


def answer(call, result=None, cors=CORS):
    handler = Handler(result or {"statusCode": 200, "body": "{}"})
    gateway = Gateway(
        Router([route(key) for key in ROUTES]),
        cors,
        handler,
        LocalClock(1_796_083_200_000),
        lambda: "id-1",
    )
    return gateway.answer(call), (handler.events or [None])[0]


def post(body=b"{}", **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Call(method="POST", path="/v1/track", body=body, headers={"host": "h:1", **named})


def test_the_event_is_payload_format_two():
    call = Call(
        method="GET",
        path="/v1/profiles/email:a b@c",
        query_string="a=1&b=x%20y&a=2&c=",
        headers={"host": "h:1", "user-agent": "sdk", "cookie": "one=1; two=2"},
        client="127.0.0.1",
    )
    _, event = answer(call)
    assert event["version"] == "2.0"
    assert event["routeKey"] == "GET /v1/profiles/{identifier+}"
    assert event["rawPath"] == "/v1/profiles/email:a b@c"
    assert event["rawQueryString"] == "a=1&b=x%20y&a=2&c="
    assert event["queryStringParameters"] == {"a": "1,2", "b": "x y", "c": ""}
    assert event["pathParameters"] == {"identifier": "email:a b@c"}
    assert event["cookies"] == ["one=1", "two=2"]
    assert "cookie" not in event["headers"]
    assert "body" not in event
    assert event["isBase64Encoded"] is False
    context = event["requestContext"]
    assert context["http"]["method"] == "GET"
    assert context["timeEpoch"] == 1_796_083_200_000
    assert context["time"] == "01/Dec/2026:00:00:00 +0000"
    assert context["domainName"] == "h:1"


@pytest.mark.parametrize(
    ("headers", "is_binary"),
    [
        ({"content_type": "application/json; charset=utf-8"}, False),
        ({"content_type": "TEXT/plain"}, False),
        ({"content_type": "application/json", "content_encoding": "gzip"}, True),
        ({"content_type": "application/x-www-form-urlencoded"}, True),
        ({}, True),
    ],
)
def test_anything_but_plain_text_travels_base64(headers, is_binary):
    _, event = answer(post(b'{"a": "\xc3\xa9"}', **headers))
    assert event["isBase64Encoded"] is is_binary
    body = base64.b64decode(event["body"]) if is_binary else event["body"].encode()
    assert body == b'{"a": "\xc3\xa9"}'


def test_an_unknown_path_is_answered_as_api_gateway_does():
    found, _ = answer(Call(method="GET", path="/nope", headers={"origin": "https://shop"}))
    assert (found.status, json.loads(found.body)) == (404, {"message": "Not Found"})
    assert ("access-control-allow-origin", "*") in found.headers


def test_a_body_over_the_limit_is_refused_before_the_handler():
    found, event = answer(post(b"x" * (10 * 1024 * 1024 + 1)))
    assert (found.status, event) == (413, None)
    found, event = answer(post(b"x" * (5 * 1024 * 1024)))
    assert (found.status, event) == (413, None), "5 MB is over Lambda's 6 MB once it is base64"


def test_a_handler_that_raises_is_answered_500_without_a_trace():
    found, _ = answer(post(), RuntimeError("secret"))
    assert (found.status, json.loads(found.body)) == (500, {"message": "Internal Server Error"})


def test_a_preflight_is_answered_from_the_configuration_and_never_reaches_a_handler():
    headers = {"origin": "https://shop", "access-control-request-method": "POST"}
    found, event = answer(Call(method="OPTIONS", path="/v1/track", headers=headers))
    assert (found.status, event) == (204, None)
    assert dict(found.headers) == {
        "access-control-allow-origin": "*",
        "access-control-allow-methods": "GET,POST",
        "access-control-allow-headers": "authorization,content-type",
        "access-control-max-age": "60",
    }


def test_an_origin_that_is_not_listed_gets_no_cors_headers():
    cors = Cors(origins=("https://shop",))
    found, _ = answer(post(origin="https://evil"), cors=cors)
    assert not [name for name, _ in found.headers if name.startswith("access-control")]
    found, _ = answer(post(origin="https://shop"), cors=cors)
    assert ("access-control-allow-origin", "https://shop") in found.headers


def test_the_handlers_own_cors_headers_are_replaced():
    own = {"Access-Control-Allow-Origin": "https://other", "x-kept": "1"}
    found, _ = answer(post(origin="https://a"), {"statusCode": 400, "headers": own, "body": ""})
    assert found.status == 400
    assert ("access-control-allow-origin", "*") in found.headers
    assert ("x-kept", "1") in found.headers
    assert len([name for name, _ in found.headers if name == "access-control-allow-origin"]) == 1


def test_a_result_is_sent_as_its_handler_meant_it():
    gif = {
        "statusCode": 200,
        "headers": {"Content-Type": "image/gif"},
        "cookies": ["a=1"],
        "isBase64Encoded": True,
        "body": base64.b64encode(b"GIF89a").decode(),
    }
    found, _ = answer(post(), gif)
    assert found.body == b"GIF89a"
    assert ("content-type", "image/gif") in found.headers
    assert ("set-cookie", "a=1") in found.headers
    found, _ = answer(post(), {"plain": "result"})
    assert (found.status, json.loads(found.body)) == (200, {"plain": "result"})
