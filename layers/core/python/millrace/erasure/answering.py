"""The doors of erasure: DELETE /v1/people/{person}, GET /v1/erasures/{id}."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal, Protocol

import msgspec

from millrace.clock import Clock
from millrace.erasure.model import DEFAULT_REASON, Erasure
from millrace.erasure.ports import Erasures
from millrace.erasure.request import open_erasure
from millrace.errors import NeedsHuman, RetryLater
from millrace.http import Request, Response, carries_key, error_response, json_response
from millrace.privacy import Randomness, Vault
from millrace.secrets import Secrets

_ID = re.compile(r"er_[0-9a-f]{32}", re.ASCII)


class Counts(Protocol):
    def count(self, name: Literal["RequestsRefused"], /) -> None: ...


class Doors(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer is made of."""

    erasures: Erasures
    vault: Vault
    clock: Clock
    randomness: Randomness
    secrets: Secrets
    secret: str
    """The name of the secret that holds the privacy key."""
    wake: Callable[[str], None]
    """Tell functions/privacy/erase to begin; raises RetryLater. What it misses, it finds itself."""


def answer(request: Request, doors: Doors, counts: Counts) -> Response:
    """202 with the erasure's id; 200 with its state and, once it is done, its certificate."""
    refused = _check_key(request, doors)
    if refused is None:
        if request.method == "DELETE":
            return _erase(request, doors, counts)
        return _told(request, doors)
    counts.count("RequestsRefused")
    return refused


def _check_key(request: Request, doors: Doors) -> Response | None:
    """A refusal unless the request carries the privacy key; fails closed."""
    try:
        key = doors.secrets.get(doors.secret)
    except RetryLater as error:
        return error_response(503, error.code, "the privacy key cannot be checked now; try again")
    if carries_key(request, key):
        return None
    return error_response(
        401, "invalid_privacy_key", "send the privacy key as Authorization: Bearer <key>"
    )


def _erase(request: Request, doors: Doors, counts: Counts) -> Response:
    kind, _, value = request.path_parameters.get("person", "").partition(":")
    try:
        erasure = open_erasure(
            kind,
            value,
            by="api",
            reason=request.query.get("reason", DEFAULT_REASON),
            erasures=doors.erasures,
            vault=doors.vault,
            clock=doors.clock,
            randomness=doors.randomness,
        )
        doors.wake(erasure.id)
    except NeedsHuman as error:
        counts.count("RequestsRefused")
        return error_response(400, error.code, error.message)
    except RetryLater as error:
        return error_response(503, error.code, "nothing may have begun; send it again")
    return json_response(202, told(erasure), location=f"/v1/erasures/{erasure.id}")


def _told(request: Request, doors: Doors) -> Response:
    name = request.path_parameters.get("erasure", "")
    try:
        erasure = doors.erasures.read(name) if _ID.fullmatch(name) else None
    except RetryLater as error:
        return error_response(503, error.code, "the erasure cannot be read now; try again")
    if erasure is None:
        return error_response(404, "no_such_erasure", "there is no erasure of this id")
    return json_response(200, told(erasure), cache_control="no-store")


def told(erasure: Erasure) -> dict[str, object]:
    """What whoever asked may know; it names nobody."""
    state = "done" if erasure.is_done else "unreadable" if erasure.erased_at else "requested"
    found: dict[str, object] = {
        "erasure": erasure.id,
        "state": state,
        "reason": erasure.reason,
        "requested_at": erasure.requested_at,
        "erased_at": erasure.erased_at or None,
    }
    if erasure.is_done:
        return found | {"certificate": erasure.certificate}
    return found | {"waits_for": erasure.waits_for or _next(erasure)}


def _next(erasure: Erasure) -> str:
    if erasure.is_sweeping:
        return "the rest of the objects it goes through"
    if erasure.passes:
        return "the second pass, a quarter of an hour after the first"
    return "a run that is under way" if erasure.tried_at else "its first run"
