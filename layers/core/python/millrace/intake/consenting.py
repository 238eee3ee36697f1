"""The consent API: one decision of one person, as an event that is folded exactly once."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from millrace.clock import DAY_MS, Clock
from millrace.errors import MillraceError, NeedsHuman, RejectedEvent, RetryLater
from millrace.events.identifiers import identifier_in
from millrace.events.model import Event, Identifier
from millrace.events.operation import OPERATION
from millrace.http import Request, Response, carries_key, error_response, json_response
from millrace.intake.objects import read_object
from millrace.intake.ports import Counts, EventSink
from millrace.intake.records import to_records
from millrace.intake.times import parse_time
from millrace.privacy import Vault
from millrace.privacy.signals import MAX_PROOF, MAX_TEXT, RECORD, STATUSES
from millrace.secrets import Secrets
from millrace.settings import ConsentSettings

SOURCE = "consent_api"
MAX_BYTES = 16_384
ROUTES = ("POST /v1/consents/{identifier+}", "PUT /v1/consents/{identifier+}")
FIELDS = frozenset({"purpose", "status", "basis", "text_version", "proof", "at", "message_id"})
REASONS = {
    "invalid_consent_key": "send the consent key as Authorization: Bearer <key>",
    "invalid_identifier": "ask for <kind>:<value>, as in user_id:4711 or email:ada@example.com",
    "invalid_body": "the body is one JSON object of at most 16 KB",
    "unknown_field": f"the fields are {', '.join(sorted(FIELDS))}",
    "unknown_purpose": "the purposes are those of the configuration",
    "unknown_status": f"the statuses are {', '.join(STATUSES)}",
    "invalid_time": "`at` is a time such as 2026-11-25T10:00:00Z, not in the future",
    "invalid_text": f"texts have at most {MAX_TEXT} characters, `proof` {MAX_PROOF}",
    "invalid_message_id": "a message id has 1 to 100 letters, digits, dots, colons, - or _",
}
_MESSAGE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,99}", re.ASCII)
_canonical = msgspec.json.Encoder(order="deterministic").encode


class ConsentDoors(msgspec.Struct, frozen=True, kw_only=True):
    """What the consent API works with."""

    sink: EventSink
    vault: Vault
    clock: Clock
    secrets: Secrets
    report: Callable[[Exception], None]
    """Told of every error that is answered 503."""
    secret: str
    """The name of the secret that holds its bearer key."""
    rules: ConsentSettings


def answer(request: Request, doors: ConsentDoors, counts: Counts) -> Response:
    """200 with the message id after the event is stored; the same id again changes nothing."""
    try:
        _check_key(request, doors)
        event = to_event(request, doors)
        doors.sink.put(to_records([event], request.request_id, doors.vault))
    except RejectedEvent as error:
        counts.count("RequestsRefused")
        status = 401 if error.code == "invalid_consent_key" else 400
        return error_response(status, error.code, error.message, cache_control="no-store")
    except (RetryLater, NeedsHuman) as error:
        doors.report(error)
        return _later(error)
    counts.count("EventsReceived", 1)
    return json_response(200, {"success": True, "message_id": event.message_id})


def to_event(request: Request, doors: ConsentDoors) -> Event:
    """The event of a request; RejectedEvent says what is wrong with it."""
    identifier = identifier_in(request.path_parameters.get("identifier", ""))
    if identifier is None:
        raise _refuse("invalid_identifier")
    said = _said(request, doors.rules)
    received_at = doors.clock.now_ms()
    at = _time(said, received_at)
    return Event(
        message_id=_message_id(said, identifier, request, at),
        type=OPERATION,
        source=SOURCE,
        event_at=at or received_at,
        received_at=received_at,
        original_at=at,
        anchor=identifier,
        identifiers=(identifier,),
        name=RECORD,
        properties={name: value for name, value in said.items() if name not in _NOT_KEPT},
    )


_NOT_KEPT = frozenset({"at", "message_id"})


def _check_key(request: Request, doors: ConsentDoors) -> None:
    key = doors.secrets.get(doors.secret)
    if not carries_key(request, key):
        raise _refuse("invalid_consent_key")


def _said(request: Request, rules: ConsentSettings) -> dict[str, Any]:
    if len(request.body) > MAX_BYTES:
        raise _refuse("invalid_body")
    try:
        said, _ = read_object(request.body)
    except RejectedEvent as error:
        raise _refuse("invalid_body") from error
    if said.keys() - FIELDS:
        raise _refuse("unknown_field")
    if not isinstance(said.get("purpose"), str) or said["purpose"] not in rules.purposes:
        raise _refuse("unknown_purpose")
    if not isinstance(said.get("status"), str) or said["status"] not in STATUSES:
        raise _refuse("unknown_status")
    for name, most in (("basis", MAX_TEXT), ("text_version", MAX_TEXT), ("proof", MAX_PROOF)):
        value = said.get(name, "")
        if not isinstance(value, str) or len(value) > most:
            raise _refuse("invalid_text")
    return said


def _time(said: Mapping[str, Any], received_at: int) -> int:
    """What the caller says, 0 where nothing; a minute of a fast clock is forgiven, no more."""
    if said.get("at") is None:
        return 0
    at = parse_time(said["at"])
    if at is None or not 0 < at <= received_at + DAY_MS // 1440:
        raise _refuse("invalid_time")
    return at


def _message_id(said: Mapping[str, Any], identifier: Identifier, request: Request, at: int) -> str:
    """The caller's, else one that follows from what is said and when; else the request's own."""
    given = said.get("message_id", request.headers.get("idempotency-key"))
    if given is not None:
        if not isinstance(given, str) or not _MESSAGE_ID.fullmatch(given):
            raise _refuse("invalid_message_id")
        return given
    named = [identifier, sorted(said.items()), 0 if at else request.request_id]
    return "consent-" + hashlib.blake2b(_canonical(named), digest_size=16).hexdigest()


def _refuse(code: str) -> RejectedEvent:
    return RejectedEvent(code, REASONS[code])


def _later(error: MillraceError) -> Response:
    return error_response(
        503, error.code, "it cannot be stored now; send the same request again", retry_after="5"
    )
