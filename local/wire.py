"""HTTP at the engine's own door: a WSGI environment in, a WSGI answer out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from local.cors import Headers

REASONS = {
    200: "OK",
    204: "No Content",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    413: "Request Entity Too Large",
    500: "Internal Server Error",
    503: "Service Unavailable",
}
StartResponse = Callable[[str, list[tuple[str, str]]], Any]


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One request as it came: the path decoded, header names lower-cased, the body untouched."""

    method: str
    path: str
    query_string: str = ""
    headers: dict[str, str] = {}
    body: bytes = b""
    client: str = "127.0.0.1"
    protocol: str = "HTTP/1.1"

    @property
    def query(self) -> dict[str, str]:
        """Parameters by name; repeated ones are joined by commas, as API Gateway does."""
        found: dict[str, str] = {}
        for name, value in parse_qsl(self.query_string, keep_blank_values=True):
            found[name] = f"{found[name]},{value}" if name in found else value
        return found


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    status: int
    headers: Headers = []
    body: bytes = b""


def json_answer(status: int, payload: object, headers: Headers | None = None) -> Answer:
    return Answer(
        status=status,
        headers=[("content-type", "application/json"), *(headers or [])],
        body=json.dumps(payload).encode(),
    )


def error_answer(status: int, code: str, message: str) -> Answer:
    return json_answer(status, {"code": code, "message": message})


def read_call(environ: Mapping[str, Any]) -> Call:
    """The request in a WSGI environment."""
    headers = {
        name[5:].replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(name):
            headers[name.replace("_", "-").lower()] = environ[name]
    return Call(
        method=environ["REQUEST_METHOD"],
        path=environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace"),
        query_string=environ.get("QUERY_STRING", ""),
        headers=headers,
        body=environ["wsgi.input"].read(),
        client=environ.get("REMOTE_ADDR", "127.0.0.1"),
        protocol=environ.get("SERVER_PROTOCOL", "HTTP/1.1"),
    )


def send(answer: Answer, start_response: StartResponse) -> Iterable[bytes]:
    """Hand an answer to the server."""
    headers = [(name, value) for name, value in answer.headers if name != "content-length"]
    if answer.status != 204:
        headers.append(("content-length", str(len(answer.body))))
    start_response(f"{answer.status} {REASONS.get(answer.status, 'Status')}", headers)
    return [answer.body] if answer.status != 204 else []
