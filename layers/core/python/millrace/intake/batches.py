"""A body as a batch: its items still as bytes, and what applies to all of them."""

from __future__ import annotations

from typing import Any

import msgspec

from millrace.errors import RejectedEvent
from millrace.intake.objects import read_object
from millrace.intake.reasons import reject
from millrace.intake.splitter import split_array, split_object

MAX_EVENTS = 2_500
MAX_SHARED_BYTES = 32_768
_NULL = msgspec.Raw(b"null")


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Items in their order, each the exact bytes that arrived."""

    items: list[bytes]
    write_key: object = None
    sent_at: object = None
    context: dict[str, Any] = {}
    integrations: dict[str, Any] = {}


class _Wire(msgspec.Struct):
    batch: list[msgspec.Raw]
    context: msgspec.Raw = _NULL
    integrations: msgspec.Raw = _NULL
    sentAt: object = None  # noqa: N815  the wire's name
    writeKey: object = None  # noqa: N815  the wire's name


_decoder = msgspec.json.Decoder(_Wire)
_value_decoder = msgspec.json.Decoder()


def read_batch(body: bytes) -> Batch:
    """The batch in `body`; RejectedEvent when the body as a whole is no batch.

    A body that holds any broken value is cut by its brackets instead, so that the items which
    are whole can be told from those which are not.
    """
    try:
        wire = _decoder.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        wire = _cut(body)
    if len(wire.batch) > MAX_EVENTS:
        raise reject("too_many_events", "/batch")
    return Batch(
        items=[bytes(item) for item in wire.batch],
        write_key=wire.writeKey,
        sent_at=wire.sentAt,
        context=_shared(wire.context, "/context"),
        integrations=_shared(wire.integrations, "/integrations"),
    )


def broken_body_key(body: bytes) -> object:
    """The write key that stands at the root of a body which does not parse, if it can be found."""
    try:
        return _value(split_object(body).get("writeKey"))
    except RejectedEvent:
        return None


def _cut(body: bytes) -> _Wire:
    members = split_object(body)
    items = members.get("batch")
    if items is None or not items.startswith(b"["):
        raise reject("invalid_batch", "/batch")
    return _Wire(
        batch=[msgspec.Raw(item) for item in split_array(items)],
        context=msgspec.Raw(members.get("context", b"null")),
        integrations=msgspec.Raw(members.get("integrations", b"null")),
        sentAt=_value(members.get("sentAt")),
        writeKey=_value(members.get("writeKey")),
    )


def _value(raw: bytes | None) -> object:
    """A single value, or None where it is missing or broken."""
    try:
        return _value_decoder.decode(raw) if raw else None
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None


def _shared(raw: msgspec.Raw, pointer: str) -> dict[str, Any]:
    encoded = bytes(raw)
    if encoded == b"null":
        return {}
    if len(encoded) > MAX_SHARED_BYTES:
        raise reject("context_too_large", pointer)
    return read_object(encoded, pointer)[0]
