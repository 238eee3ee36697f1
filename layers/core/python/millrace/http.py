"""HTTP requests and answers as values, the same for every door."""

from __future__ import annotations

import hmac
from collections.abc import Mapping

import msgspec


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One request as API Gateway hands it over: header names in lower case, the body raw."""

    method: str
    path: str
    route: str
    """The route template that matched, e.g. `POST /v1/track`."""
    headers: Mapping[str, str] = {}
    query: Mapping[str, str] = {}
    path_parameters: Mapping[str, str] = {}
    body: bytes = b""
    source_ip: str = ""
    request_id: str = ""
    host: str = ""


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """One answer; the runtime sends text types as text and all others as base64."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = {}


def carries_key(request: Request, key: str) -> bool:
    """Whether the request has `key` as its Bearer token, in constant time; an empty key: never."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    is_equal = hmac.compare_digest(given.strip().encode(), key.encode())
    return bool(key) and scheme.lower() == "bearer" and is_equal


def json_response(status: int, payload: object, **headers: str) -> Response:
    """A JSON answer; keyword names become header names (`retry_after="5"` -> `retry-after`)."""
    return Response(
        status=status,
        body=msgspec.json.encode(payload),
        headers={
            "content-type": "application/json",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        },
    )


def error_response(status: int, code: str, message: str, **headers: str) -> Response:
    """An error answer with `code` and `message`, the keys that Segment's and Rudder's SDKs read."""
    return json_response(status, {"success": False, "code": code, "message": message}, **headers)
