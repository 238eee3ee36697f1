"""Brevo: one event per POST, or a list in batched mode; unsigned, with a bearer token or Basic."""

from __future__ import annotations

from millrace.intake.webhooks import (
    SharedSecret,
    WebhookSource,
    basic,
    bearer,
    each,
    fingerprint,
    first,
    in_header,
    machine,
)
from millrace.intake.webhooks import vocabulary as word

source = WebhookSource(
    name="brevo",
    docs="https://developers.brevo.com/docs/transactional-webhooks",
    verify=SharedSecret(places=(bearer, basic, in_header("X-Millrace-Secret"))),
    split=each,
    kind="event",
    events={
        "request": word.QUEUED,
        "sent": word.SENT,
        "delivered": word.DELIVERED,
        "deferred": word.DEFERRED,
        "hard_bounce": word.BOUNCED_HARD,
        "hardBounce": word.BOUNCED_HARD,
        "soft_bounce": word.BOUNCED_SOFT,
        "softBounce": word.BOUNCED_SOFT,
        "invalid_email": word.BOUNCED_HARD,
        "blocked": word.DROPPED,
        "error": word.FAILED,
        "unique_opened": word.OPENED,
        "opened": word.OPENED,
        "unique_proxy_open": word.OPENED,
        "proxy_open": word.OPENED,
        "click": word.CLICKED,
        "spam": word.SPAM,
        "complaint": word.SPAM,
        "unsubscribe": word.UNSUBSCRIBED,
        "list_addition": word.SUBSCRIBED,
        "listAddition": word.SUBSCRIBED,
        "contactUpdated": word.TRAITS,
        "contactDeleted": word.unplanned("Contact Deleted"),
    },
    message_id=fingerprint("message-id", "event", "ts_epoch", "link", "email"),
    # ts, ts_event and date follow the time zone of the account
    timestamp="ts_epoch",
    identifiers={"email": "email"},
    properties={
        "email_id": "message-id",
        "email_subject": "subject",
        "link_url": "link",
        "campaign_id": "camp_id",
        "campaign_name": "campaign name",
        "template_id": "template_id",
        "tags": first("tags", "tag"),
        "list_id": "list_id",
        "reason": "reason",
    },
    is_machine=machine(lambda part: "proxy" in str(part.payload.get("event")), agent="user_agent"),
)
