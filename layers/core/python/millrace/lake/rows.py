"""An event becomes a row: planned behaviour in clear, the person as a token, all of it sealed."""

from __future__ import annotations

import hashlib
import math
import re
import zlib
from typing import Any

import msgspec

from millrace.errors import GiveUp
from millrace.events import Event
from millrace.events.upcasting import as_newest
from millrace.lake.model import Row
from millrace.lake.properties import names_somebody, shown_properties
from millrace.privacy import Subject, SubjectKey
from millrace.profiles.seen import event_id

FIELD = "event"
MAX_EVENT_NAME = 200
MAX_INFLATED_BYTES = 8 * 1024 * 1024
WITHHELD = "(sealed)"

_CURRENCY = re.compile(r"[A-Za-z]{3}", re.ASCII)
_decoder = msgspec.json.Decoder(Event)
_encoder = msgspec.json.Encoder()


def to_row(event: Event, subject: Subject) -> Row:
    """The row of one event. A retried event gives the same `event_id` and `subject`.

    GiveUp `erased` for a subject that has no key any more.
    """
    if subject.key is None:
        raise GiveUp("erased", "the subject of this event was erased")
    newest = as_newest(event)
    return Row(
        event_id=event_token(event_id(event), subject),
        source=event.source,
        type=event.type,
        event=_event_name(event),
        subject=subject.pseudonym,
        event_at=event.event_at,
        received_at=event.received_at,
        revenue=_amount(newest.properties.get("revenue")),
        currency=_currency(newest.properties.get("currency")),
        properties=shown_properties(newest) or None,
        sealed=subject.key.seal(zlib.compress(_encoder.encode(event), 1), field=FIELD),
    )


def event_token(known: bytes, subject: Subject) -> str:
    """The id of an event of `subject` in the lake, as random as a pseudonym once that is erased.

    A message id can be guessed or is known elsewhere, an order's number for one; the mark is not.
    """
    if not subject.mark:
        raise GiveUp("erased", "the subject of this event was erased")
    return hashlib.blake2b(known, key=subject.mark, digest_size=16).hexdigest()


def open_event(sealed: bytes, key: SubjectKey) -> Event:
    """The whole event of a row, by its subject's key; GiveUp `unreadable_row` when not ours."""
    inflater = zlib.decompressobj()
    try:
        encoded = inflater.decompress(key.open(sealed, field=FIELD), MAX_INFLATED_BYTES)
        return _decoder.decode(encoded)
    except (zlib.error, msgspec.MsgspecError) as error:
        raise GiveUp("unreadable_row", "`sealed` does not hold an event") from error


def _event_name(event: Event) -> str:
    """Nobody becomes a column only because somebody put them into an event's name."""
    return WITHHELD if names_somebody(event.label, event) else event.label[:MAX_EVENT_NAME]


def _amount(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        amount = float(value)
    except (ValueError, OverflowError):
        return None
    return amount if math.isfinite(amount) else None


def _currency(value: Any) -> str | None:
    return value.upper() if isinstance(value, str) and _CURRENCY.fullmatch(value) else None
