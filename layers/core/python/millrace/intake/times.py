"""When an event happened, told from clocks that are wrong and spellings that differ."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

from millrace.clock import DAY_MS

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MAX_KEPT_CHARACTERS = 64
_LAST_MS = 253_402_300_799_999  # the end of the year 9999
_MS_FROM = 100_000_000_000  # as seconds that is the year 5138, as milliseconds March 1973


def parse_time(value: object) -> int | None:
    """Epoch milliseconds, or None for what is no time after 1970.

    ISO 8601, in UTC where it names no zone; epoch seconds or milliseconds as a number or digits.
    """
    if isinstance(value, str):
        return _from_short_text(value) if len(value) <= MAX_KEPT_CHARACTERS else _from_text(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _from_number(value)
    return None


def event_time(original: int | None, sent: int | None, received: int) -> tuple[int, bool]:
    """When the event happened, and whether that had to be clamped to received + 24 h.

    Segment's rule: what the client's clock says to have passed between event and sending is
    taken off the time of receipt. So a wrong clock does not matter, a retry does not move an
    event, and a historical import stays old. Nothing is older than 1970.
    """
    if original is None:
        return received, False
    happened = original if sent is None else received - (sent - original)
    latest = received + DAY_MS
    return max(1, min(happened, latest)), happened > latest


def _from_text(text: str) -> int | None:
    text = text.strip()
    if len(text) > 8 and text.replace(".", "", 1).isdecimal():
        return _from_number(float(text))
    return _from_iso(text)


_from_short_text = lru_cache(maxsize=64)(_from_text)
"""All events of a batch name the same `sentAt`."""


def _from_number(number: float) -> int | None:
    if not 0 < number <= _LAST_MS:
        return None
    return int(number if number >= _MS_FROM else number * 1000)


def _from_iso(text: str) -> int | None:
    try:
        moment = datetime.fromisoformat(text[:-1] + "Z" if text[-1:] == "z" else text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    since = moment - _EPOCH
    milliseconds = (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000
    return milliseconds if 0 < milliseconds <= _LAST_MS else None
