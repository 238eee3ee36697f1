"""The whole of intake over fakes: post a request, look at what became of it."""

from __future__ import annotations

import base64
import json
from collections import Counter
from typing import Any

import pytest

from millrace.events import Event
from millrace.http import Request, Response
from millrace.intake.ports import Doors
from millrace.intake.track import answer
from tests.fakes.clock import MemoryClock
from tests.fakes.failed_events import MemoryFailedEvents
from tests.fakes.kinesis import MemorySink
from tests.fakes.secrets import MemorySecrets
from tests.fakes.vault import MemoryVault

RECEIVED = 1_780_000_000_000


def basic(key: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode()}


class Counts(Counter):
    def count(self, name: str, amount: int = 1) -> None:
        if amount:
            self[name] += amount


class Intake:
    """`post` and `get` go through the one public entry."""

    key = basic("wk_website")

    def __init__(self) -> None:
        self.clock = MemoryClock(RECEIVED)
        self.secrets = MemorySecrets({"s/website": "wk_website", "s/server": "wk_server"})
        self.sink = MemorySink()
        self.failed_events = MemoryFailedEvents()
        self.counts = Counts()
        self.reported: list[Exception] = []
        self.vault = MemoryVault()
        self.doors = Doors(
            write_keys={"website": "s/website", "server": "s/server"},
            secrets=self.secrets,
            sink=self.sink,
            failed_events=self.failed_events,
            vault=self.vault,
            clock=self.clock,
            report=self.reported.append,
        )

    def post(self, call: str, body: Any, headers: dict[str, str] | None = None, **more) -> Response:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.send(
            "POST",
            f"/v1/{call}",
            body=raw,
            headers=self.key if headers is None else headers,
            **more,
        )

    def get(self, path: str, route: str = "", **more) -> Response:
        return self.send("GET", path, route=f"GET {route or path}", **more)

    def send(self, method: str, path: str, **more) -> Response:
        more = {
            "route": f"{method} {path}",
            "request_id": "request-1",
            "source_ip": "203.0.113.9",
            "host": "api.example.com",
            **more,
        }
        return answer(Request(method=method, path=path, **more), self.doors, self.counts)

    def one(self, call: str, item: dict[str, Any], **more) -> Event:
        """The event that one item becomes."""
        response = self.post(call, item, **more)
        assert response.status == 200, response.body
        (event,) = self.sink.events
        return event


@pytest.fixture
def intake() -> Intake:
    return Intake()


def code_of(response: Response) -> str:
    body = json.loads(response.body)
    assert body["success"] is False
    assert isinstance(body["message"], str)
    assert body["message"]
    return body["code"]


@pytest.fixture(name="code_of")
def code_of_fixture():
    return code_of
