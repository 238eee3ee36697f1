"""Standard Webhooks: any system of one's own. Its event types are the names of our events."""

from __future__ import annotations

from millrace.intake.webhooks import (
    Hmac,
    Timestamp,
    WebhookSource,
    body,
    first,
    from_header,
    header,
    listed,
    undotted,
    whsec_key,
)

TIMESTAMP = header("webhook-timestamp")

source = WebhookSource(
    name="standard",
    docs="https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md",
    verify=Hmac(
        signatures=listed("webhook-signature", separator=" ", prefix="v1,"),
        over=(undotted("webhook-id"), b".", TIMESTAMP, b".", body),
        encoding="base64",
        key=whsec_key,
        timestamp=Timestamp(value=TIMESTAMP),
    ),
    kind="type",
    events={},
    unlisted="{kind}",
    message_id=from_header("webhook-id"),
    timestamp=first("timestamp", lambda part: part.delivery.header("webhook-timestamp")),
    identifiers={
        "user_id": first("data.user_id", "data.userId"),
        "anonymous_id": first("data.anonymous_id", "data.anonymousId"),
        "email": "data.email",
    },
    properties={},
    traits={"firstName": "data.first_name", "lastName": "data.last_name"},
)
