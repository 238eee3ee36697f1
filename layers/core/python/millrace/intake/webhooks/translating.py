"""A vendor's event as calls of the tracking API: from there on it is like any other event."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from millrace.errors import RejectedEvent
from millrace.intake.objects import read_object
from millrace.intake.sorting import Item
from millrace.intake.webhooks.delivery import Delivery
from millrace.intake.webhooks.model import Meaning, Part, WebhookSource
from millrace.intake.webhooks.reasons import refuse
from millrace.intake.webhooks.selecting import NOTHING, select
from millrace.intake.webhooks.vocabulary import OPENED_OR_CLICKED

MAX_ITEM_BYTES = 262_144
MAX_ITEMS = 10_000
SHAPE_ERRORS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
_ID_FIELDS = {"user_id": "userId", "anonymous_id": "anonymousId"}


def to_items(delivery: Delivery, source: WebhookSource) -> list[Item]:
    """Every event in a proven delivery; what cannot be read is an item with its reason."""
    try:
        pieces = source.split(delivery)
        if len(pieces) > MAX_ITEMS:
            raise refuse("too_many_events")
    except RejectedEvent as error:
        return [Item(raw=delivery.body, error=error)]
    is_single = len(pieces) == 1
    return [
        item
        for piece in pieces
        for item in _items(piece, delivery.body if is_single else piece, delivery, source)
    ]


def _items(piece: bytes, raw: bytes, delivery: Delivery, source: WebhookSource) -> Iterator[Item]:
    """The items of one vendor event; `raw` is what is kept of it should it fail."""
    try:
        if len(piece) > MAX_ITEM_BYTES:
            raise refuse("event_too_large")
        payload, is_changed = read_object(piece)
        part = Part(payload=payload, delivery=delivery)
        calls = list(_calls(part, source, hashlib.blake2b(piece, digest_size=16).hexdigest()))
    except RejectedEvent as error:
        yield Item(raw=raw, error=error)
        return
    except SHAPE_ERRORS:  # a definition met a number where the vendor's page shows an object
        yield Item(raw=raw, error=refuse("unexpected_shape"))
        return
    flags = ("nul_removed",) if is_changed else ()
    yield from (Item(raw=raw, fields=call, flags=flags) for call in calls)


def _calls(part: Part, source: WebhookSource, digest: str) -> Iterator[dict[str, Any]]:
    whole = source.call(part)
    if whole is not None:
        yield {"messageId": f"{part.delivery.source}:{digest}", **whole}
        return
    for position, payload in enumerate(source.spread(part) or (part.payload,)):
        view = replace(part, payload=payload)
        call = _call(view, source, _message_id(view, source, digest, position))
        call["context"] = {"webhook": {"vendor": source.name, "payload": part.payload}}
        yield call


def _call(part: Part, source: WebhookSource, message_id: str) -> dict[str, Any]:
    kind = _as_kind(select(part, source.kind))
    listed = source.events.get(kind) or source.unlisted.format(kind=kind) or "unknown"
    meaning = Meaning(name=listed) if isinstance(listed, str) else listed
    found = _found(part, source.identifiers)
    call: dict[str, Any] = {
        "type": meaning.type,
        "messageId": message_id,
        "timestamp": select(part, source.timestamp),
        "traits": _found(part, source.traits),
        **{_ID_FIELDS[name]: value for name, value in found.items() if name in _ID_FIELDS},
    }
    if "email" in found:
        call["traits"]["email"] = found["email"]
    if meaning.type == "track":
        call["event"] = meaning.name
    properties = {**_found(part, source.properties), **meaning.properties, "vendor_event": kind}
    if meaning.name in OPENED_OR_CLICKED and source.is_machine(part):
        properties["is_machine"] = True
    return call | {"properties": properties}


def _found(part: Part, selectors: Any) -> dict[str, Any]:
    values = {name: select(part, selector) for name, selector in selectors.items()}
    return {name: value for name, value in values.items() if value not in NOTHING}


def _as_kind(value: object) -> str:
    """The vendor's name as text, short enough to stand as the name of an event."""
    return value[:200] if isinstance(value, str) else ""


def _message_id(part: Part, source: WebhookSource, digest: str, position: int) -> str:
    """The vendor's own id, else a digest of the bytes: the same for every try of the event."""
    given = select(part, source.message_id)
    is_usable = isinstance(given, str | int) and not isinstance(given, bool) and given != ""
    own = str(given) if is_usable else digest
    return f"{part.delivery.source}:{own}" + (f":{position}" if position else "")
