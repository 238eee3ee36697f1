"""`/_local/*`: what tests and people ask of a running engine. Loopback only."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from local.esps import Failure
from local.outages import Outage
from local.wire import Answer, Call, error_answer, json_answer

if TYPE_CHECKING:
    from local.engine import Engine

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
MAX_ADVANCE_SECONDS = 100 * 365 * 86_400
HELP = {
    "GET /_local/settled?timeout=30": "200 when nothing is in flight, else 503 with what is left",
    "GET /_local/ledger": "what became of the events",
    "GET /_local/metrics": "every count that a function has written",
    "GET /_local/clock": "the engine's time",
    "POST /_local/clock": 'moves it: {"advance_seconds": n} or {"now": "2026-12-01T00:00:00Z"}',
    "GET /_local/outbox/{destination}": "the requests that a fake ESP received",
    "POST /_local/esp/{destination}": 'fails its next requests: {"status": 429, "times": 2}',
    "POST /_local/aws/{service}": 'fails the next calls to it: {"times": 2, "status": 500}',
    "GET /_local/sinks": "everything at rest, as JSON lines",
    "GET /_local/grants": "IAM: used, unused and refused",
    "GET /_local/resources": "the stacks' outputs; with boto3, endpoint_url is <engine>/_aws",
}


class BadQuestionError(Exception):
    """Said to the caller as a 400."""


class Control:
    """Answers `/_local/*` from an engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._answers: dict[tuple[str, str], Callable[[Call, str], Answer]] = {
            ("GET", ""): lambda _call, _name: json_answer(200, HELP),
            ("GET", "settled"): self._settled,
            ("GET", "ledger"): lambda _call, _name: json_answer(200, engine.ledger()),
            ("GET", "metrics"): lambda _call, _name: json_answer(200, engine.metrics()),
            ("GET", "grants"): lambda _call, _name: json_answer(200, engine.grants()),
            ("GET", "resources"): lambda _call, _name: json_answer(200, engine.outputs),
            ("GET", "clock"): lambda _call, _name: self._now(),
            ("POST", "clock"): self._clock,
            ("GET", "outbox"): self._outbox,
            ("POST", "esp"): self._esp,
            ("POST", "aws"): self._aws,
            ("GET", "sinks"): self._sinks,
        }

    def answer(self, call: Call) -> Answer:
        if not is_local(call):
            return error_answer(403, "not_local", "/_local answers loopback hosts only")
        action, _, name = call.path.removeprefix("/_local").strip("/").partition("/")
        found = self._answers.get((call.method, action))
        if found is None:
            known = "; ".join(HELP)
            return error_answer(404, "unknown_question", f"/_local knows: {known}")
        try:
            return found(call, name)
        except BadQuestionError as error:
            return error_answer(400, "bad_request", str(error))

    def _settled(self, call: Call, _: str) -> Answer:
        try:
            timeout = float(call.query.get("timeout", "30"))
        except ValueError:
            timeout = math.nan
        if not 0 <= timeout <= 600:
            raise BadQuestionError("timeout is a number of seconds from 0 to 600")
        left = self._engine.settle(timeout)
        return json_answer(503 if left else 200, {"settled": not left, "in_flight": left})

    def _clock(self, call: Call, _: str) -> Answer:
        """Time moves after everything that is already in flight has had its turn."""
        match _json_object(call):
            case {"advance_seconds": int() | float() as seconds, **rest} if not rest and (
                0 <= seconds <= MAX_ADVANCE_SECONDS and not isinstance(seconds, bool)
            ):
                target = self._engine.clock.now_ms() + round(seconds * 1000)
            case {"now": str() as moment, **rest} if not rest:
                target = _milliseconds(moment)
            case _:
                raise BadQuestionError(
                    'send {"advance_seconds": n} with n from 0 to 100 years, '
                    'or {"now": "2026-12-01T00:00:00Z"}'
                )
        self._engine.settle(timeout=30)
        try:
            self._engine.clock.set(max(target, 0))
        except ValueError as error:
            raise BadQuestionError(str(error)) from None
        return self._now()

    def _now(self) -> Answer:
        now_ms = self._engine.clock.now_ms()
        text = datetime.fromtimestamp(now_ms / 1000, UTC).isoformat(timespec="milliseconds")
        return json_answer(200, {"now": text.replace("+00:00", "Z"), "now_ms": now_ms})

    def _outbox(self, _: Call, name: str) -> Answer:
        self._expect_destination(name)
        return json_answer(200, self._engine.outbox(name))

    def _esp(self, call: Call, name: str) -> Answer:
        self._expect_destination(name)
        try:
            failure = msgspec.convert(_json_object(call), Failure)
        except msgspec.ValidationError as error:
            raise BadQuestionError(str(error)) from None
        self._engine.esps[name].fail_next(failure)
        return json_answer(200, {"destination": name, "times": failure.times})

    def _aws(self, call: Call, service: str) -> Answer:
        try:
            outage = msgspec.convert(_json_object(call), Outage)
            self._engine.outages.fail_next(service, outage)
        except (msgspec.ValidationError, ValueError) as error:
            raise BadQuestionError(str(error)) from None
        return json_answer(200, {"service": service, "times": outage.times})

    def _sinks(self, _: Call, __: str) -> Answer:
        body = b"".join(self._engine.sinks())
        return Answer(status=200, headers=[("content-type", "application/x-ndjson")], body=body)

    def _expect_destination(self, name: str) -> None:
        if name not in self._engine.esps:
            known = ", ".join(self._engine.esps.names()) or "none"
            raise BadQuestionError(f"there is no destination {name!r}; configured: {known}")


def is_local(call: Call) -> bool:
    """The client, the Host header (against DNS rebinding) and the page that asks are loopback."""
    origin = call.headers.get("origin")
    hosts = [f"//{call.headers.get('host', '')}", *([origin] if origin else [])]
    try:
        return call.client in LOOPBACK and all(urlsplit(h).hostname in LOOPBACK for h in hosts)
    except ValueError:
        return False


def _json_object(call: Call) -> dict[str, Any]:
    try:
        found = json.loads(call.body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise BadQuestionError("the body is a JSON object")
    return found


def _milliseconds(moment: str) -> int:
    try:
        found = datetime.fromisoformat(moment)
        return round((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1000)
    except (ValueError, OverflowError):
        raise BadQuestionError(f"{moment!r} is not a time such as 2026-12-01T00:00:00Z") from None
