"""Fake ESPs behind /_esp/<destination>: they answer as the vendors do, and fail when told to."""

from __future__ import annotations

import importlib
import json
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

import msgspec

from local.wire import Answer, Call, error_answer
from millrace.http import Request, Response

PREFIX = "/_esp/"
AnswerEsp = Callable[[Request, dict[str, Any]], Response]


class Failure(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An answer that a destination gives to its next `times` requests."""

    status: int
    times: int = 1
    headers: dict[str, str] = {}
    body: Any = {}


class Esp:
    """One destination: what it was sent and how it answers."""

    def __init__(self, name: str) -> None:
        self.outbox: list[dict[str, Any]] = []
        self._answer = _answer_of(name)
        self._state: dict[str, Any] = {}
        self._failures: deque[Response] = deque()
        self._lock = threading.Lock()

    def fail_next(self, failure: Failure) -> None:
        headers = {"content-type": "application/json", **failure.headers}
        response = Response(
            status=failure.status, headers=headers, body=json.dumps(failure.body).encode()
        )
        with self._lock:
            self._failures.extend([response] * failure.times)

    def answer(self, request: Request) -> Response:
        with self._lock:
            forced = self._failures.popleft() if self._failures else None
            response = forced or self._answer(request, self._state)
            self.outbox.append(
                {
                    "method": request.method,
                    "path": request.path,
                    "headers": {**request.headers, "host": "127.0.0.1"},
                    "body": request.body.decode("utf-8", "replace"),
                    "answered": response.status,
                }
            )
        return response


class Esps:
    """Every destination by name."""

    def __init__(self, names: list[str]) -> None:
        self._esps = {name: Esp(name) for name in names}

    def __getitem__(self, name: str) -> Esp:
        """KeyError for a name that is not configured."""
        return self._esps[name]

    def __contains__(self, name: object) -> bool:
        return name in self._esps

    def names(self) -> list[str]:
        return list(self._esps)

    def serve(self, call: Call) -> Answer:
        """Answer what came to /_esp/<destination>/...; the fake sees the path from there on."""
        name, _, path = call.path.removeprefix(PREFIX).partition("/")
        if name not in self._esps:
            return error_answer(404, "unknown_destination", f"there is no destination {name}")
        response = self._esps[name].answer(
            Request(
                method=call.method,
                path=f"/{path}",
                route="",
                headers=call.headers,
                query=call.query,
                body=call.body,
                source_ip=call.client,
            )
        )
        return Answer(
            status=response.status,
            headers=[(key.lower(), value) for key, value in response.headers.items()],
            body=response.body,
        )


def _answer_of(name: str) -> AnswerEsp:
    try:
        found: AnswerEsp = importlib.import_module(f"local.esp.{name}").answer
    except ModuleNotFoundError:
        return lambda _request, _state: Response(status=200, body=b"{}")
    return found
