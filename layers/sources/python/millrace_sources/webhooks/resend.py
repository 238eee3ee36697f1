"""Resend, signed by Svix: the scheme of Standard Webhooks under other header names."""

from __future__ import annotations

from millrace.intake.webhooks import (
    Hmac,
    Part,
    Timestamp,
    WebhookSource,
    body,
    first,
    from_header,
    header,
    listed,
    machine,
    refuse,
    undotted,
    whsec_key,
)
from millrace.intake.webhooks import vocabulary as word

TIMESTAMP = header("svix-timestamp")
OF_THE_WHOLE_MESSAGE = frozenset({"email.sent", "email.scheduled", "email.failed"})


def recipients(part: Part) -> list[dict[str, object]]:
    """One payload per recipient. Of which of several an event tells, Resend does not say."""
    data = part.payload["data"]
    people = data.get("to") or [data.get("email")]
    named = people if isinstance(people, list) else [people]
    if len(named) > 1 and part.payload.get("type") not in OF_THE_WHOLE_MESSAGE:
        raise refuse("ambiguous_recipient", "/data/to")
    return [{**part.payload, "recipient": address(str(one)) if one else None} for one in named]


def address(text: str) -> str:
    """The address in `Name <address>`."""
    return text.rpartition("<")[2].rstrip("> ")


def bounce(part: Part) -> object:
    """The event's type; a bounce also by whether it is permanent."""
    found = part.payload.get("type")
    detail = part.payload.get("data", {}).get("bounce") or {}
    is_soft = found == "email.bounced" and detail.get("type") in {"Transient", "Undetermined"}
    return "email.bounced.soft" if is_soft else found


source = WebhookSource(
    name="resend",
    docs="https://resend.com/docs/dashboard/webhooks/event-types",
    verify=Hmac(
        signatures=listed("svix-signature", separator=" ", prefix="v1,"),
        over=(undotted("svix-id"), b".", TIMESTAMP, b".", body),
        encoding="base64",
        key=whsec_key,
        timestamp=Timestamp(value=TIMESTAMP),
    ),
    spread=recipients,
    kind=bounce,
    events={
        "email.sent": word.SENT,
        "email.scheduled": word.QUEUED,
        "email.delivered": word.DELIVERED,
        "email.delivery_delayed": word.DEFERRED,
        "email.bounced": word.BOUNCED_HARD,
        "email.bounced.soft": word.BOUNCED_SOFT,
        "email.complained": word.SPAM,
        "email.failed": word.FAILED,
        "email.suppressed": word.DROPPED,
        "email.opened": word.OPENED,
        "email.clicked": word.CLICKED,
        "contact.created": word.TRAITS,
        "contact.updated": word.TRAITS,
        "contact.deleted": word.unplanned("Contact Deleted"),
    },
    message_id=from_header("svix-id"),
    timestamp="created_at",
    identifiers={"email": "recipient"},
    traits={"firstName": "data.first_name", "lastName": "data.last_name"},
    properties={
        "email_id": "data.email_id",
        "email_subject": "data.subject",
        "link_url": "data.click.link",
        "reason": first("data.bounce.message", "data.failed.reason", "data.suppressed.message"),
        "campaign_id": "data.broadcast_id",
        "tags": "data.tags",
    },
    is_machine=machine(agent=first("data.click.userAgent", "data.open.userAgent")),
)
