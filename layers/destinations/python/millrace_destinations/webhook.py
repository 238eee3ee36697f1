"""Any HTTP endpoint of yours: profiles as JSON, signed by Standard Webhooks."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

import msgspec

from millrace.activation import (
    Destination,
    Forget,
    HttpRequest,
    Leaver,
    Limits,
    Sending,
    Update,
    Withdrawal,
    by_status,
    forgotten_by_status,
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
        "computed": profile.computed.lasting(),
    }


def request(
    batch: Sequence[Update], sending: Sending, *, kind: str = "profile.updated"
) -> HttpRequest:
    """One message; its id stays the same over tries, the timestamp does not."""
    ids = [update.delivery_id for update in batch]
    people = {"profiles": [update.state for update in batch]}
    return _message(kind, people, ids[0] if len(ids) == 1 else _id(*ids), sending)


def who(profile: Profile, options: Mapping[str, Any]) -> dict[str, Any]:
    """Only who it is."""
    state = told(profile, options)
    return {name: state[name] for name in ("profile_id", "identifiers")}


def deletions(leaver: Leaver, sending: Sending) -> list[HttpRequest]:
    """One `person.erased` message: delete whatever you hold under any of these."""
    person = {"profile_ids": leaver.profile_ids, "identifiers": leaver.identifiers}
    return [_message("person.erased", person, _id("erased", leaver.request_id), sending)]


def _message(kind: str, data: Mapping[str, Any], message_id: str, sending: Sending) -> HttpRequest:
    url = sending.base_url or str(sending.options.get("url", ""))
    if not url:
        raise NeedsHuman("option_missing", "the destination webhook needs the option `url`")
    timestamp = sending.now_ms // 1000
    at_text = f"{datetime.fromtimestamp(timestamp, UTC):%Y-%m-%dT%H:%M:%SZ}"
    body = msgspec.json.encode({"type": kind, "timestamp": at_text, "data": data})
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


def _id(*parts: str) -> str:
    return "msg_" + hashlib.blake2b(" ".join(parts).encode(), digest_size=16).hexdigest()


_DOCS = "https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md"
destination = Destination(
    name="webhook",
    docs=_DOCS,
    base_url="",
    limits=Limits(profiles=10, bytes=20_000, profile_bytes=19_000),
    tells=frozenset({"profile_id", "identifiers", "traits", "segments", "computed"}),
    told=told,
    request=request,
    outcomes=by_status,
    forget=Forget(docs=_DOCS, requests=deletions, forgotten=forgotten_by_status),
    purposes=frozenset({"sharing"}),
    withdrawal=Withdrawal(docs=_DOCS, told=who, request=partial(request, kind="consent.withdrawn")),
    options={"url": "where the messages are posted, https"},
)
