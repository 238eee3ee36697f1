"""What remains of an object in which somebody is named: all of it, a part, or nothing.

An object holds events that are sealed under the branch key, which outlives everybody. Whoever is
erased is taken out of it; what it holds of others stays, sealed anew. What nobody can open stays
as it is, as nobody is named in it.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable
from typing import Any

import msgspec

from millrace.erasure.matching import names_any
from millrace.erasure.ports import SealedObjects
from millrace.errors import GiveUp
from millrace.events import Event, open_envelope, seal_envelope
from millrace.failed.model import SEALED_CONTEXT
from millrace.identity.model import row_key
from millrace.intake.overflow import pack, unpack
from millrace.privacy import Vault

PARKED = "aws/lambda"
"""Where Lambda writes batches that ran out of retries."""
_encode = msgspec.json.Encoder().encode
_NO_JSON = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """Who is erased, and up to when."""

    keys: frozenset[str]
    """The row keys of all their identifiers."""
    values: frozenset[str]
    """The identifiers themselves."""
    until: int
    """What was received until then is erased."""


class Remainder(msgspec.Struct, frozen=True):
    """What an object is to hold from now on."""

    body: bytes | None
    """None: nothing is left of it. The same bytes: nobody who is erased was named in it."""
    events: int = 0
    """How many events were taken out."""


class _Failed(msgspec.Struct, frozen=True):
    payload: bytes
    arrival: bytes = b""
    received_at: int = 0


class _Kinesis(msgspec.Struct, frozen=True):
    data: bytes


class _Record(msgspec.Struct, frozen=True):
    kinesis: _Kinesis | None = None


class _Records(msgspec.Struct, frozen=True):
    Records: list[_Record]


Sift = Callable[[bytes, Named, Vault], Remainder]


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """A place of sealed objects, and how somebody is taken out of one of them."""

    objects: SealedObjects
    sift: Sift
    is_before_profiles: bool = False
    """Whether its events were never applied: then the ledger has to hear that they are erased."""


def of_failed_event(body: bytes, named: Named, vault: Vault) -> Remainder:
    """A failed event is one payload: it goes as a whole."""
    try:
        failed = msgspec.json.decode(body, type=_Failed)
        gone = failed.received_at <= named.until and _is_in(failed, named, vault)
    except (*_NO_JSON, GiveUp):
        return Remainder(body)
    return Remainder(None, 1) if gone else Remainder(body)


def of_detour(body: bytes, named: Named, vault: Vault) -> Remainder:
    """Records on their way to the stream."""
    try:
        records = unpack(body)
    except GiveUp:
        return Remainder(body)
    kept, gone = [], 0
    for record in records:
        data, out = _of_record(record.data, named, vault)
        gone += out
        if data is not None:
            count = record.event_count - out
            kept.append(msgspec.structs.replace(record, data=data, event_count=count))
    if not gone:
        return Remainder(body)
    return Remainder(pack(kept) if kept else None, gone)


def of_parked(body: bytes, named: Named, vault: Vault) -> Remainder:
    """A batch that ran out of retries, as Lambda wrote it; changes of a table stay in it."""
    try:
        batch = msgspec.json.decode(body, type=dict[str, Any])
        payload = batch.get("payload")
        is_text = isinstance(payload, str)
        inner: Any = msgspec.json.decode(payload) if isinstance(payload, str) else payload
        records = msgspec.convert(inner, _Records).Records
    except _NO_JSON:
        return Remainder(body)
    kept, gone = [], 0
    for record, raw in zip(records, inner["Records"], strict=True):
        rest, out = _of_batched(record, raw, named, vault)
        gone += out
        kept += rest
    if not gone:
        return Remainder(body)
    inner = {**inner, "Records": kept}
    written = {**batch, "payload": _encode(inner).decode() if is_text else inner}
    return Remainder(_encode(written) if kept else None, gone)


def _of_batched(
    record: _Record, raw: dict[str, Any], named: Named, vault: Vault
) -> tuple[list[dict[str, Any]], int]:
    """A change of a table stays: nobody opens it without the person's own key."""
    if record.kinesis is None:
        return [raw], 0
    data, gone = _of_record(record.kinesis.data, named, vault)
    if not gone or data is None:
        return ([] if gone else [raw]), gone
    text = base64.b64encode(data).decode()
    return [{**raw, "kinesis": {**raw["kinesis"], "data": text}}], gone


def _of_record(data: bytes, named: Named, vault: Vault) -> tuple[bytes | None, int]:
    """The record without the events of the erased, and how many those were."""
    try:
        envelope = open_envelope(data, vault)
    except GiveUp:
        return data, 0
    kept = tuple(event for event in envelope.events if not _is_of(event, named, vault))
    gone = len(envelope.events) - len(kept)
    if not gone:
        return data, 0
    if not kept:
        return None, gone
    return seal_envelope(msgspec.structs.replace(envelope, events=kept), vault), gone


def _is_of(event: Event, named: Named, vault: Vault) -> bool:
    if event.received_at > named.until:
        return False
    everybody = {event.anchor, *event.identifiers}
    keys = (row_key(one.kind, vault.token(one.kind, one.value)) for one in everybody)
    return any(key in named.keys for key in keys)


def _is_in(failed: _Failed, named: Named, vault: Vault) -> bool:
    payload = vault.open(failed.payload, context=SEALED_CONTEXT)
    if names_any(payload, named.values) or _of_record(payload, named, vault)[1]:
        return True
    if not failed.arrival:
        return False
    arrival = vault.open(failed.arrival, context=SEALED_CONTEXT)
    try:
        return names_any(zlib.decompress(arrival), named.values)
    except zlib.error:
        return False
