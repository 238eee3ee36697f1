"""What a request said about all of its items, packed beside a failed item for its replay."""

from __future__ import annotations

import zlib
from typing import Any

import msgspec

from millrace.events.model import FailedEvent
from millrace.intake.normalise import Arrival

MAX_PACKED_BYTES = 4_096
"""Beyond it the shared context is left out: each of 2,500 items would carry it."""
_SHARED = ("type", "source_ip", "sent_at", "context", "integrations", "headers")
_SECRET = ("authorization", "cookie", "signature", "hmac", "secret", "token", "api-key")
_encode = msgspec.json.Encoder().encode


def pack_arrival(arrival: Arrival) -> bytes:
    """The fields that a failed event does not hold itself; nothing where all of them are empty."""
    fields = {name: value for name in _SHARED if (value := getattr(arrival, name))}
    fields |= _without_secrets(arrival)
    if not fields:
        return b""
    packed = _pack(fields)
    if len(packed) > MAX_PACKED_BYTES:
        return _pack({**fields, "context": {}, "integrations": {}})
    return packed


def unpack_arrival(failed: FailedEvent) -> Arrival:
    """The arrival of a failed event, as far as it was kept."""
    fields: dict[str, Any] = {}
    if failed.arrival:
        fields = msgspec.json.decode(zlib.decompress(failed.arrival), type=dict[str, Any])
    return Arrival(
        source=failed.source,
        received_at=failed.received_at,
        request_id=failed.request_id,
        **{name: value for name, value in fields.items() if name in _SHARED},
    )


def _pack(fields: dict[str, Any]) -> bytes:
    try:
        return zlib.compress(_encode(fields), 1)
    except UnicodeEncodeError:  # a header with half a character in it
        return zlib.compress(_encode({"type": fields.get("type", "")}), 1)


def _without_secrets(arrival: Arrival) -> dict[str, dict[str, str]]:
    if not arrival.headers:
        return {}
    kept = {
        name: value
        for name, value in arrival.headers.items()
        if not any(word in name for word in _SECRET)
    }
    return {"headers": kept}
