"""Any HTTP endpoint of yours: profiles as JSON, signed by Standard Webhooks."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from millrace.activation import (
    Destination,
    HttpRequest,
    Limits,
    Sending,
    Update,
    by_status,
    signature,
)
from millrace.errors import NeedsHuman
from millrace.profiles.model import Profile


def told(profile: Profile, _options: Mapping[str, Any]) -> dict[str, Any]:
    """Who the person is, what is known of them and which segments they are in."""
    return {
        "profile_id": profile.profile_id,
        "identifiers": {kind: list(values) for kind, values in profile.identifiers.items()},
        "traits": profile.traits,
        "segments": list(profile.segments),
    }


def request(batch: Sequence[Update], sending: Sending) -> HttpRequest:
    """One `profile.updated` message; its id stays the same over tries, the timestamp does not."""
    url = sending.base_url or str(sending.options.get("url", ""))
    if not url:
        raise NeedsHuman("option_missing", "the destination webhook needs the option `url`")
    at = datetime.fromtimestamp(sending.now_ms // 1000, UTC)
    people = {"profiles": [update.state for update in batch]}
    at_text = at.isoformat().replace("+00:00", "Z")
    body = msgspec.json.encode({"type": "profile.updated", "timestamp": at_text, "data": people})
    message_id = _message_id(batch)
    timestamp = int(at.timestamp())
    return HttpRequest(
        method="POST",
        url=url,
        headers={
            "content-type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature(sending.secret, message_id, timestamp, body),
        },
        body=body,
    )


def _message_id(batch: Sequence[Update]) -> str:
    if len(batch) == 1:
        return batch[0].delivery_id
    joined = " ".join(update.delivery_id for update in batch)
    return "msg_" + hashlib.blake2b(joined.encode(), digest_size=16).hexdigest()


destination = Destination(
    name="webhook",
    docs="https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md",
    base_url="",
    limits=Limits(profiles=10, bytes=20_000, profile_bytes=19_000),
    tells=frozenset({"profile_id", "identifiers", "traits", "segments"}),
    told=told,
    request=request,
    outcomes=by_status,
    options={"url": "where the messages are posted, https"},
)
