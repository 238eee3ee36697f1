"""Whether a payload that nobody could use names somebody."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import msgspec

from millrace.events.identifiers import normalise

LONG_ENOUGH = 6
"""In text that is no JSON a shorter value would be found anywhere."""
MAX_DEPTH = 64


def names_any(payload: bytes, values: Collection[str]) -> bool:
    """Whether one of `values`, normalised identifiers, is a value of its own in `payload`."""
    wanted = {value.casefold() for value in values}
    try:
        texts = _texts(msgspec.json.decode(payload), 0)
        return any(text in wanted or _phone(text) in wanted for text in texts)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        text = payload.decode(errors="replace").casefold()
        return any(value in text for value in wanted if len(value) >= LONG_ENOUGH)


def _phone(text: str) -> str:
    """An international number as the pipeline spells it, whatever stands between its digits."""
    found = normalise("phone", text) if text.startswith(("+", "00")) else None
    return found.value if found else ""


def _texts(value: Any, depth: int) -> Iterator[str]:
    if depth > MAX_DEPTH:
        return
    if isinstance(value, dict):
        for name, each in value.items():
            yield str(name).strip().casefold()
            yield from _texts(each, depth + 1)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each, depth + 1)
    elif isinstance(value, str | int) and not isinstance(value, bool):
        yield str(value).strip().casefold()
