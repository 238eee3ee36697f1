"""SendGrid Event Webhook: one POST carries a list of events; our secret is its public key."""

from __future__ import annotations

from millrace.intake.webhooks import (
    A_DAY_OF_RETRIES,
    Ecdsa,
    Part,
    Timestamp,
    WebhookSource,
    body,
    each,
    header,
    machine,
    signature,
)
from millrace.intake.webhooks import vocabulary as word

SIGNATURE = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP = header("X-Twilio-Email-Event-Webhook-Timestamp")


def kind(part: Part) -> object:
    """A bounce of type `blocked` is not the address's fault."""
    event = part.payload.get("event")
    is_block = event == "bounce" and part.payload.get("type") == "blocked"
    return "bounce.blocked" if is_block else event


def message(part: Part) -> str | None:
    """The id that SendGrid answered to the call that sent the mail; it adds the server's name."""
    given = part.payload.get("sg_message_id")
    if not isinstance(given, str):
        return None
    return given.partition(".filter")[0].partition(".recv")[0]


source = WebhookSource(
    name="sendgrid",
    docs="https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event",
    # The retries of one day are sent as they were; a replay is a duplicate by its sg_event_id.
    verify=Ecdsa(
        signatures=signature(SIGNATURE),
        over=(TIMESTAMP, body),
        timestamp=Timestamp(value=TIMESTAMP, past_ms=A_DAY_OF_RETRIES),
    ),
    split=each,
    kind=kind,
    events={
        "processed": word.QUEUED,
        "delivered": word.DELIVERED,
        "deferred": word.DEFERRED,
        "dropped": word.DROPPED,
        "bounce": word.BOUNCED_HARD,
        "bounce.blocked": word.BOUNCED_SOFT,
        "open": word.OPENED,
        "click": word.CLICKED,
        "spamreport": word.SPAM,
        "unsubscribe": word.UNSUBSCRIBED,
        "group_unsubscribe": word.UNSUBSCRIBED,
        "group_resubscribe": word.RESUBSCRIBED,
    },
    message_id="sg_event_id",
    timestamp="timestamp",
    identifiers={"email": "email", "user_id": "user_id"},
    properties={
        "email_id": message,
        "link_url": "url",
        "reason": "reason",
        "category": "category",
        "campaign_id": "marketing_campaign_id",
        "campaign_name": "marketing_campaign_name",
        "list_id": "asm_group_id",
    },
    is_machine=machine("sg_machine_open", agent="useragent"),
)
