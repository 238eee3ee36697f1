"""The record in the stream: all events of one person from one request, sealed.

What is sealed is JSON, deflated (RFC 1950) unless it is short. The two cannot be taken for each
other: JSON begins with a brace, which no zlib header does.
"""

from __future__ import annotations

import zlib

import msgspec

from millrace.errors import GiveUp
from millrace.events.model import Event
from millrace.privacy.ports import Vault

CONTEXT = "events"
MAX_INFLATED_BYTES = 8 * 1024 * 1024
MAX_PLAIN_BYTES = 930
"""Of JSON that is not deflated: sealed and with its partition key it is a record within 1 KiB.
Below that Kinesis counts records, not bytes: deflating one costs 15 µs and buys nothing."""


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """`events` share one anchor, in the order in which they came."""

    events: tuple[Event, ...]
    request_id: str = ""
    version: int = 1
    is_from_lake: bool | msgspec.UnsetType = msgspec.UNSET
    """Put here by a replay of the lake, so the lake has them already; else not written at all."""


_decoder = msgspec.json.Decoder(Envelope)
_encoder = msgspec.json.Encoder()


def seal_envelope(envelope: Envelope, vault: Vault) -> bytes:
    """The bytes of one stream record."""
    encoded = _encoder.encode(envelope)
    is_short = len(encoded) <= MAX_PLAIN_BYTES
    return vault.seal(encoded if is_short else zlib.compress(encoded, 1), context=CONTEXT)


def open_envelope(data: bytes, vault: Vault) -> Envelope:
    """The events of one stream record; GiveUp `unreadable_record` when it was not written by us."""
    content = vault.open(data, context=CONTEXT)
    try:
        return _decoder.decode(content if content.startswith(b"{") else _inflated(content))
    except (zlib.error, msgspec.MsgspecError) as error:
        raise GiveUp(
            "unreadable_record", "a stream record is not an envelope of version 1"
        ) from error


def _inflated(content: bytes) -> bytes:
    inflater = zlib.decompressobj()
    encoded = inflater.decompress(content, MAX_INFLATED_BYTES)
    if not inflater.eof:
        raise GiveUp(
            "unreadable_record",
            f"a record inflates beyond {MAX_INFLATED_BYTES} bytes, or has no end",
        )
    return encoded
