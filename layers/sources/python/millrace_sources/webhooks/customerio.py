"""Customer.io reporting webhooks: one event per POST; a refused one holds up all behind it."""

from __future__ import annotations

from millrace.intake.webhooks import (
    A_WEEK_OF_RETRIES,
    Hmac,
    Part,
    Timestamp,
    WebhookSource,
    body,
    first,
    header,
    machine,
    prefixed,
    signature,
)
from millrace.intake.webhooks import vocabulary as word

TIMESTAMP = header("X-CIO-Timestamp")


def kind(part: Part) -> str:
    """What happened to which kind of object, e.g. `email.opened`."""
    return f"{part.payload.get('object_type')}.{part.payload.get('metric')}"


source = WebhookSource(
    name="customerio",
    docs="https://customer.io/docs/journeys/webhooks/",
    verify=Hmac(
        signatures=signature("X-CIO-Signature"),
        over=(b"v0:", TIMESTAMP, b":", body),
        timestamp=Timestamp(value=TIMESTAMP, past_ms=A_WEEK_OF_RETRIES),
    ),
    kind=kind,
    events={
        "email.drafted": word.QUEUED,
        "email.sent": word.SENT,
        "email.delivered": word.DELIVERED,
        "email.deferred": word.DEFERRED,
        "email.attempted": word.DEFERRED,
        "email.bounced": word.BOUNCED_HARD,
        "email.dropped": word.DROPPED,
        "email.undeliverable": word.DROPPED,
        "email.failed": word.FAILED,
        "email.opened": word.OPENED,
        "email.clicked": word.CLICKED,
        "email.converted": word.unplanned("Email Converted"),
        "email.spammed": word.SPAM,
        "email.unsubscribed": word.UNSUBSCRIBED,
        "customer.subscribed": word.SUBSCRIBED,
        "customer.unsubscribed": word.UNSUBSCRIBED,
        "customer.cio_subscription_preferences_changed": word.PREFERENCES,
    },
    message_id="event_id",
    timestamp="timestamp",
    identifiers={
        "user_id": first("data.identifiers.id", "data.customer_id"),
        "anonymous_id": prefixed("customerio", "data.identifiers.cio_id"),
        "email": first("data.identifiers.email", "data.email_address", "data.recipient"),
    },
    properties={
        "email_id": "data.delivery_id",
        "email_subject": "data.subject",
        "campaign_id": first("data.campaign_id", "data.broadcast_id", "data.newsletter_id"),
        "link_url": "data.href",
        "link_id": "data.link_id",
        "reason": "data.failure_message",
    },
    is_machine=machine("data.prefetched", "data.machine_click", "data.machine_open"),
)
