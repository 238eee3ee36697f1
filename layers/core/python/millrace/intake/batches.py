"""A body as a batch: its items still as bytes, and what applies to all of them."""

from __future__ import annotations

from typing import Any

import msgspec

from millrace.errors import RejectedEvent
from millrace.intake.objects import read_object, refuse_other_encodings
from millrace.intake.reasons import reject
from millrace.intake.repeats import refuse_repeated
from millrace.intake.splitter import split_array, split_members, split_object

MAX_EVENTS = 2_500
MAX_SHARED_BYTES = 32_768


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Items in their order, each the exact bytes that arrived."""

    items: list[bytes]
    write_key: object = None
    sent_at: object = None
    context: dict[str, Any] = {}
    integrations: dict[str, Any] = {}


_body_decoder = msgspec.json.Decoder(dict[str, msgspec.Raw])
_items_decoder = msgspec.json.Decoder(list[msgspec.Raw])
_value_decoder = msgspec.json.Decoder()


def read_batch(body: bytes) -> Batch:
    """The batch in `body`; RejectedEvent when the body as a whole is no batch.

    A body that holds any broken value is cut by its brackets instead, so that the items which
    are whole can be told from those which are not.
    """
    members = _members(body)
    items = _items(members.get("batch", b""))
    if len(items) > MAX_EVENTS:
        raise reject("too_many_events", "/batch")
    return Batch(
        items=items,
        write_key=_value(members.get("writeKey")),
        sent_at=_value(members.get("sentAt")),
        context=_shared(members.get("context", b"null"), "/context"),
        integrations=_shared(members.get("integrations", b"null"), "/integrations"),
    )


def broken_body_key(body: bytes) -> object:
    """The write key that stands at the root of a body which does not parse, if it can be found."""
    try:
        return _value(split_object(body).get("writeKey"))
    except RejectedEvent:
        return None


def _members(body: bytes) -> dict[str, bytes]:
    """Each member of the body as its bytes; no member can hide another of the same name."""
    try:
        members = {name: bytes(raw) for name, raw in _body_decoder.decode(body).items()}
    except (msgspec.MsgspecError, ValueError, RecursionError):
        refuse_other_encodings(body)
    else:
        if _is_all(members, body):
            return members
    pairs = split_members(body)
    refuse_repeated(name for name, _ in pairs)
    return dict(pairs)


def _is_all(members: dict[str, bytes], body: bytes) -> bool:
    """Whether every colon of the body stands in a value or follows a key; False is a doubt."""
    colons = len(members) + sum(raw.count(b":") for raw in members.values())
    return colons == body.count(b":") and not any(":" in name for name in members)


def _items(raw: bytes) -> list[bytes]:
    if not raw.startswith(b"["):
        raise reject("invalid_batch", "/batch")
    try:
        return [bytes(item) for item in _items_decoder.decode(raw)]
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return split_array(raw)


def _value(raw: bytes | None) -> object:
    """A single value, or None where it is missing or broken."""
    try:
        return _value_decoder.decode(raw) if raw else None
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None


def _shared(encoded: bytes, pointer: str) -> dict[str, Any]:
    if encoded == b"null":
        return {}
    if len(encoded) > MAX_SHARED_BYTES:
        raise reject("context_too_large", pointer)
    return read_object(encoded, pointer)[0]
