"""Everything behind the engine's one port: the API, the fake ESPs, /_local and /_aws."""

from __future__ import annotations

import threading
import time
from typing import Protocol

from local.aws_door import PREFIX as AWS_PREFIX
from local.esps import PREFIX, Esps
from local.server import Server
from local.wire import Answer, Call, json_answer


class Answers(Protocol):
    def answer(self, call: Call) -> Answer: ...


class Door:
    """Holds the port from the start; answers once `open`."""

    def __init__(self, port: int) -> None:
        self._server = Server(self._answer, port)
        self._running = 0
        self._idle = threading.Condition()

    @property
    def url(self) -> str:
        return self._server.url

    def open(self, gateway: Answers, esps: Esps, control: Answers, aws: Answers) -> None:
        self._gateway = gateway
        self._aws = aws
        self._esps = esps
        self._control = control
        self._server.start()

    def close(self) -> None:
        self._server.stop()

    def wait_until_idle(self, until: float | None) -> dict[str, int]:
        """Wait for the API's running requests; their number when time is up, else nothing."""
        with self._idle:
            seconds = None if until is None else max(0.0, until - time.monotonic())
            if self._idle.wait_for(lambda: not self._running, seconds):
                return {}
            return {"requests": self._running}

    def _answer(self, call: Call) -> Answer:
        if call.path.startswith(PREFIX):
            return self._esps.serve(call)
        if call.path == "/_local" or call.path.startswith("/_local/"):
            return self._control.answer(call)
        with self._idle:
            self._running += 1
        try:
            if call.path == AWS_PREFIX or call.path.startswith(f"{AWS_PREFIX}/"):
                return self._aws.answer(call)
            return self._gateway.answer(call)
        except Exception:  # noqa: BLE001 - the door stays open
            return json_answer(500, {"message": "Internal Server Error"})
        finally:
            with self._idle:
                self._running -= 1
                self._idle.notify_all()
