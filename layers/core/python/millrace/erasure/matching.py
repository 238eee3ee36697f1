"""Whether a payload that nobody could use names somebody."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any
from urllib.parse import unquote_plus

import msgspec

from millrace.events.identifiers import normalise

LONG_ENOUGH = 6
"""In text that is no JSON a shorter value would be found anywhere."""
MAX_DEPTH = 64


def names_any(payload: bytes, values: Collection[str]) -> bool:
    """Whether one of `values`, normalised identifiers, is a value of its own in `payload`.

    In JSON, also where it stands as text in JSON, as SNS sends it; elsewhere in any spelling.
    """
    wanted = {value.casefold() for value in values}
    try:
        texts = texts_in(msgspec.json.decode(payload))
        return any(text.casefold() in wanted or _phone(text) in wanted for text in texts)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        text = payload.decode(errors="replace")
        spellings = text.casefold(), unquote_plus(text).casefold()
        long = [value for value in wanted if len(value) >= LONG_ENOUGH]
        return any(value in spelling for value in long for spelling in spellings)


def _phone(text: str) -> str:
    """An international number as the pipeline spells it, whatever stands between its digits."""
    found = normalise("phone", text) if text.startswith(("+", "00")) else None
    return found.value if found else ""


def texts_in(value: Any, depth: int = 0) -> Iterator[str]:
    """Every text in a JSON value, names included; also of JSON in a text."""
    if depth > MAX_DEPTH:
        return
    if isinstance(value, dict):
        for name, each in value.items():
            yield str(name).strip()
            yield from texts_in(each, depth + 1)
    elif isinstance(value, list):
        for each in value:
            yield from texts_in(each, depth + 1)
    elif isinstance(value, str | int) and not isinstance(value, bool):
        text = str(value).strip()
        yield text
        if text[:1] in {"{", "["}:
            yield from texts_in(_json(text), depth + 1)


def _json(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.MsgspecError, RecursionError):
        return None
