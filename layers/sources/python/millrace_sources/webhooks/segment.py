"""Segment as a sender: its webhooks destination and its functions; calls pass as they are."""

from __future__ import annotations

from typing import Any

from millrace.intake.webhooks import (
    AnyOf,
    Hmac,
    Part,
    SharedSecret,
    WebhookSource,
    basic,
    bearer,
    body,
    each,
    in_header,
    signature,
)
from millrace.intake.webhooks import vocabulary as word

CALLS = frozenset({"track", "identify", "page", "screen", "group", "alias"})


def call(part: Part) -> dict[str, Any]:
    """The call with its own message id, so that it is no second event if we have it already."""
    payload = part.payload
    if payload.get("type") in CALLS:
        return {name: value for name, value in payload.items() if name != "writeKey"}
    is_erasure = payload.get("type") == "delete"
    return {
        **{name: payload.get(name) for name in ("userId", "anonymousId", "timestamp")},
        **({"messageId": payload["messageId"]} if payload.get("messageId") else {}),
        "type": "track",
        "event": word.ERASURE if is_erasure else "unknown",
        "properties": {"vendor_event": str(payload.get("type"))[:200]},
        "context": {"webhook": {"vendor": "segment", "payload": payload}},
    }


source = WebhookSource(
    name="segment",
    docs="https://segment.com/docs/connections/destinations/catalog/webhooks/",
    # In a batch Segment signs the first event only, so a list needs the secret in a header.
    verify=AnyOf(
        (
            Hmac(signatures=signature("X-Signature"), over=(body,), digest="sha1"),
            SharedSecret(places=(bearer, basic, in_header("X-Millrace-Secret"))),
        )
    ),
    is_trusted=False,  # it passes on what was sent with a website's write key
    split=each,
    call=call,
    kind="type",
    events={"delete": word.ERASURE},
    message_id="messageId",
    timestamp="timestamp",
    identifiers={"user_id": "userId", "anonymous_id": "anonymousId"},
)
