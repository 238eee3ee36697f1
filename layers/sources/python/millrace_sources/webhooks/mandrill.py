"""Mandrill (Mailchimp Transactional): a form with a JSON list, signed with the registered URL."""

from __future__ import annotations

from millrace.http import Request
from millrace.intake.webhooks import (
    Hmac,
    Part,
    WebhookSource,
    fingerprint,
    first,
    form_field,
    machine,
    registered_url,
    signature,
    signed_form,
)
from millrace.intake.webhooks import vocabulary as word


def kind(part: Part) -> str:
    """An event of a message; or, without one, a change of the account's lists."""
    event = part.payload.get("event")
    return str(event or f"{part.payload.get('type')}.{part.payload.get('action')}")


def is_probe(request: Request) -> bool:
    """Mandrill asks with no events, under a key that everybody knows, when a hook is made."""
    return request.body == b"mandrill_events=%5B%5D"


source = WebhookSource(
    name="mandrill",
    docs="https://mailchimp.com/developer/transactional/guides/track-respond-activity-webhooks/",
    verify=Hmac(
        signatures=signature("X-Mandrill-Signature"),
        over=(registered_url, signed_form),
        digest="sha1",
        encoding="base64",
    ),
    is_probe=is_probe,
    split=form_field("mandrill_events"),
    kind=kind,
    events={
        "send": word.SENT,
        "deferral": word.DEFERRED,
        "hard_bounce": word.BOUNCED_HARD,
        "soft_bounce": word.BOUNCED_SOFT,
        "open": word.OPENED,
        "click": word.CLICKED,
        "spam": word.SPAM,
        "unsub": word.UNSUBSCRIBED,
        "reject": word.DROPPED,
    },
    # _id is the message's, not the event's
    message_id=fingerprint("_id", "event", "type", "action", "ts", "url", "reject.email"),
    timestamp="ts",
    identifiers={
        "email": first("msg.email", "reject.email", "entry.email"),
        "user_id": "msg.metadata.user_id",
    },
    properties={
        "email_id": first("msg._id", "_id"),
        "email_subject": "msg.subject",
        "link_url": "url",
        "tags": "msg.tags",
        "reason": first("msg.diag", "msg.bounce_description", "msg.reject.reason", "reject.reason"),
    },
    is_machine=machine(agent="user_agent"),
)
