"""Pixels: an image address that is an event. The answer is always the image."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

import msgspec

from millrace.errors import RejectedEvent, RetryLater
from millrace.http import Request, Response
from millrace.intake.keys import bearer_key, key_in_request, source_of
from millrace.intake.normalise import Arrival
from millrace.intake.ports import Counts, Doors
from millrace.intake.reasons import reject
from millrace.intake.routes import LETTERS
from millrace.intake.sorting import Item, failed_event, key_in_items, read_item
from millrace.intake.taking import take
from millrace.privacy.opting_out import said_by_headers

_MAX_NESTING = 10
_GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==")
_IMAGE = Response(
    status=200, body=_GIF, headers={"content-type": "image/gif", "cache-control": "no-store"}
)


def answer_pixel(request: Request, doors: Doors, counts: Counts) -> Response:
    """A transparent pixel, whatever becomes of the event: a mail must never show a broken image."""
    try:
        _take_pixel(request, doors, counts)
    except RejectedEvent:
        counts.count("RequestsRefused")
    except Exception as error:  # noqa: BLE001  the image is the answer to everything
        counts.count("UnhandledErrors")
        doors.report(error)
    return _IMAGE


def _take_pixel(request: Request, doors: Doors, counts: Counts) -> None:
    item = _item(request.query)
    key = key_in_request(request) or key_in_items([item]) or bearer_key(request)
    agent = request.headers.get("user-agent")
    arrival = Arrival(
        source=source_of(key, doors),
        received_at=doors.clock.now_ms(),
        request_id=request.request_id,
        source_ip=request.source_ip,
        type=_type(request, item),
        context={
            **({"userAgent": agent} if agent else {}),
            **said_by_headers(request.headers),
        },
    )
    try:
        take([item], arrival, doors, counts)
    except RetryLater as error:
        # nobody sends a pixel again: it waits with the failed events for a replay
        doors.report(error)
        doors.failed_events.keep([failed_event(item.raw, reject("stream_unavailable"), arrival)])
        counts.count("EventsReceived")
        counts.count("EventsFailed")


def _type(request: Request, item: Item) -> str:
    """The type in the path, else in the event, else track if it names an event, else page."""
    named = request.path_parameters.get("type", "").removesuffix(".gif")
    named = named or str(item.fields.get("type") or "")
    return LETTERS.get(named, named) or ("track" if item.fields.get("event") else "page")


def _item(query: Mapping[str, str]) -> Item:
    data = query.get("data")
    if data is None:
        return read_item(_encode(_nested(query)))
    try:
        return read_item(_decoded(data))
    except (binascii.Error, ValueError):
        return Item(raw=data.encode("utf-8", "replace"), error=reject("invalid_pixel_data"))


def _decoded(data: str) -> bytes:
    """JSON as it is, or in base64: standard or URL-safe, percent-encoded, with or without `=`."""
    text = unquote(data) if "%" in data else data
    if text.lstrip().startswith("{"):
        return text.encode()
    # a plus sign in a query arrives as a space
    text = text.strip().replace(" ", "+").replace("-", "+").replace("_", "/").rstrip("=")
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)


def _nested(query: Mapping[str, str]) -> dict[str, Any]:
    """`properties.subject=x` as `{"properties": {"subject": "x"}}`; an object wins over a text."""
    nested: dict[str, Any] = {}
    for name, value in sorted(query.items()):
        *within, last = name.split(".", _MAX_NESTING)
        place = nested
        for part in within:
            inner = place.get(part)
            if not isinstance(inner, dict):
                inner = place[part] = {}
            place = inner
        place.setdefault(last, value)
    return nested


def _encode(value: object) -> bytes:
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        return b"?"
