from __future__ import annotations

import json
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from local.engine import Engine


class Asker:
    """A client that keeps what an HTTP answer was: status, lower-cased headers, body."""

    def __init__(self, engine: Any) -> None:
        self.url = engine.url
        self.write_key = engine.write_keys["website"]
        self.read_key = engine.read_key

    def __call__(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        payload = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        connection = HTTPConnection(urlsplit(self.url).netloc, timeout=60)
        try:
            connection.request(method, path, body=payload, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def json(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        status, _, answered = self(method, path, body, headers)
        return status, json.loads(answered) if answered else None

    def send(self, body: Any, path: str = "/v1/batch") -> tuple[int, Any]:
        status, _, answered = self("POST", path, body, {"x-write-key": self.write_key})
        return status, json.loads(answered)

    def profile(self, identifier: str) -> Any:
        headers = {"authorization": f"Bearer {self.read_key}"}
        status, answered = self.json("GET", f"/v1/profiles/{quote(identifier)}", **headers)
        assert status == 200, answered
        return answered

    def served(self, identifier: str) -> str:
        """`known`, or why a generic answer is served, however busy the machine is."""
        for _ in range(20):
            answer = self.profile(identifier)
            if answer.get("reason") != "timeout":
                break
        return str(answer["reason"]) if answer["fallback"] else "known"


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    state: Path = tmp_path_factory.mktemp("state")
    with Engine.start(seed=7, state=state, background=False) as running:
        yield running


@pytest.fixture(scope="module")
def ask(engine: Engine) -> Asker:
    return Asker(engine)
