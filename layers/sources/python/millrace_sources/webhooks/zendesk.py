"""Zendesk: event subscriptions about tickets and people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from millrace.errors import NeedsHuman
from millrace.intake.webhooks import (
    A_DAY_OF_RETRIES,
    Hmac,
    Part,
    Timestamp,
    WebhookSource,
    body,
    first,
    header,
    signature,
    text_key,
)
from millrace.intake.webhooks import vocabulary as word

TIMESTAMP = header("X-Zendesk-Webhook-Signature-Timestamp")
FOR_TESTING_ONLY = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="
PREFIX = "zen:event-type:"


def key(secret: str) -> bytes:
    """The secret, which must not be the one that Zendesk's documentation prints for tests."""
    if secret == FOR_TESTING_ONLY:
        raise NeedsHuman("key_unusable", "the secret of the source is Zendesk's public test secret")
    return text_key(secret)


def kind(part: Part) -> str:
    """The type without its prefix; a new status by what it is."""
    found = str(part.payload.get("type") or "").removeprefix(PREFIX)
    if found != "ticket.status_changed":
        return found
    return f"{found}.{str(part.payload['event'].get('current')).lower()}"


def of(resource: str, name: str) -> Callable[[Part], Any]:
    """A detail of the user, or of the ticket, that the event is about."""
    return lambda part: (
        part.payload["detail"].get(name) if kind(part).startswith(resource) else None
    )


PERSON = first(of("user.", "id"), of("ticket.", "requester_id"))


def person(part: Part) -> str | None:
    """Zendesk's number of the requester, or of the user that the event is about, made unique."""
    found = PERSON(part)
    return f"zendesk:{part.payload.get('account_id')}:{found}" if found else None


source = WebhookSource(
    name="zendesk",
    docs="https://developer.zendesk.com/documentation/webhooks/verifying/",
    verify=Hmac(
        signatures=signature("X-Zendesk-Webhook-Signature"),
        over=(TIMESTAMP, body),
        encoding="base64",
        key=key,
        timestamp=Timestamp(value=TIMESTAMP, unit="iso", past_ms=A_DAY_OF_RETRIES),
    ),
    kind=kind,
    events={
        "ticket.created": "Ticket Created",
        "ticket.status_changed.solved": "Ticket Solved",
        "ticket.status_changed.closed": "Ticket Closed",
        "ticket.status_changed.open": "Ticket Updated",
        "ticket.status_changed.pending": "Ticket Updated",
        "ticket.comment_added": "Ticket Comment Added",
        "ticket.priority_changed": "Ticket Updated",
        "ticket.csat_rating_received": "Satisfaction Rated",
        "user.created": word.TRAITS,
        "user.deleted": word.unplanned("Customer Deleted"),
    },
    message_id="id",
    timestamp="time",
    identifiers={
        "anonymous_id": person,
        "email": of("user.", "email"),
        "user_id": of("user.", "external_id"),
    },
    traits={"name": of("user.", "name")},
    properties={
        "ticket_id": of("ticket.", "id"),
        "ticket_subject": of("ticket.", "subject"),
        "status": of("ticket.", "status"),
        "priority": of("ticket.", "priority"),
    },
)
