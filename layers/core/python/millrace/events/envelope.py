"""The record in the stream: all events of one person from one request, compressed, then sealed."""

from __future__ import annotations

import zlib

import msgspec

from millrace.errors import GiveUp
from millrace.events.model import Event
from millrace.privacy.ports import Vault

CONTEXT = "events"
MAX_INFLATED_BYTES = 8 * 1024 * 1024


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
    return vault.seal(zlib.compress(_encoder.encode(envelope), 1), context=CONTEXT)


def open_envelope(data: bytes, vault: Vault) -> Envelope:
    """The events of one stream record; GiveUp `unreadable_record` when it was not written by us."""
    compressed = vault.open(data, context=CONTEXT)
    inflater = zlib.decompressobj()
    try:
        encoded = inflater.decompress(compressed, MAX_INFLATED_BYTES)
        if inflater.unconsumed_tail:
            raise GiveUp(
                "unreadable_record", f"a record inflates beyond {MAX_INFLATED_BYTES} bytes"
            )
        return _decoder.decode(encoded)
    except (zlib.error, msgspec.MsgspecError) as error:
        raise GiveUp(
            "unreadable_record", "a stream record is not an envelope of version 1"
        ) from error
