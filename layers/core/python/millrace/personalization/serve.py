"""The use case: who is this, and what may be shown to them, within a time budget, always."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from concurrent.futures import TimeoutError as TooSlow
from typing import Any, Literal, Protocol

import msgspec

from millrace.errors import RetryLater
from millrace.events import Identifier
from millrace.events.identifiers import normalise
from millrace.http import Request, Response, carries_key
from millrace.identity.model import KIND_RANK, row_key
from millrace.personalization.answers import fallback_answer, profile_answer, refusal
from millrace.privacy import Vault
from millrace.privacy.consent import is_allowed
from millrace.profiles.model import Profile
from millrace.profiles.ports import ProfileReader
from millrace.secrets import Secrets
from millrace.settings import ConsentSettings

PURPOSE = "personalization"


class Counts(Protocol):
    """Where counts go; `runtime.metrics.FunctionMetrics` is one."""

    def count(self, name: Literal["ReadsFallback", "RequestsRefused"], /) -> None: ...


class ServePorts(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer is made of."""

    reader: ProfileReader
    vault: Vault
    secrets: Secrets
    read_secret: str
    """The name of the secret that holds the read key."""
    fallback: Mapping[str, Any]
    budget_ms: int
    consent: ConsentSettings
    executor: Executor
    """Where look-ups run, so that a slow one can be left behind."""
    report: Callable[[Exception], None] = lambda _: None
    """Told of every error that was answered with the generic content."""


def serve(request: Request, ports: ServePorts, counts: Counts) -> Response:
    """Answer GET /v1/profiles/{kind}:{value}; the kind is one of KIND_RANK.

    `?purpose=` says what for; a purpose that the person does not allow, or that nobody
    configured, gets the generic content.
    """
    refused = _check_key(request, ports)
    kind, _, value = request.path_parameters.get("identifier", "").partition(":")
    if refused is None and kind not in KIND_RANK:
        known = ", ".join(KIND_RANK)
        refused = refusal(
            400, "unknown_identifier_kind", f"ask for <kind>:<value> with one of the kinds {known}"
        )
    if refused is not None:
        counts.count("RequestsRefused")
        return refused
    purpose = request.query.get("purpose") or PURPOSE
    answer, is_fallback = _answer(normalise(kind, value), purpose, ports)
    if is_fallback:
        counts.count("ReadsFallback")
    return answer


def _check_key(request: Request, ports: ServePorts) -> Response | None:
    """A refusal unless the request carries the read key; fails closed."""
    try:
        key = ports.secrets.get(ports.read_secret)
    except RetryLater as error:
        ports.report(error)
        return refusal(503, error.code, "the read key cannot be checked now; try again")
    if carries_key(request, key):
        return None
    return refusal(401, "invalid_read_key", "send the read key as Authorization: Bearer <key>")


def _answer(
    identifier: Identifier | None, purpose: str, ports: ServePorts
) -> tuple[Response, bool]:
    if identifier is None:
        return fallback_answer(ports.fallback, "unknown_person"), True
    looked_up = ports.executor.submit(_look_up, identifier, ports)
    try:
        profile = looked_up.result(timeout=ports.budget_ms / 1000)
    except TooSlow:
        looked_up.cancel()
        return fallback_answer(ports.fallback, "timeout"), True
    except Exception as error:  # noqa: BLE001 - whatever broke, the page still has to be rendered
        ports.report(error)
        return fallback_answer(ports.fallback, "unavailable"), True
    if profile is None:
        return fallback_answer(ports.fallback, "unknown_person"), True
    if not is_allowed(purpose, profile.consents, ports.consent):
        return fallback_answer(ports.fallback, "no_consent"), True
    return profile_answer(profile), False


def _look_up(identifier: Identifier, ports: ServePorts) -> Profile | None:
    token = ports.vault.token(identifier.kind, identifier.value)
    return ports.reader.read(row_key(identifier.kind, token))
