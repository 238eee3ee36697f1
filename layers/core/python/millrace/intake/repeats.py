"""Keys that stand twice in one object, which a decoder would drop without a word."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from millrace.intake.reasons import reject
from millrace.intake.splitter import split_array, split_members

_BACKSLASH = ord("\\")
_ESCAPED_COLON = re.compile(rb"\\u003[aA]")
_encoder = msgspec.json.Encoder()


def refuse_repeats(raw: bytes, value: dict[str, Any], pointer: str = "") -> None:
    """RejectedEvent `duplicate_key` when `raw`, which decodes to `value`, names a key twice.

    Every key is followed by a colon. So as many colons come out again as went in, unless a key
    was dropped or a text spells its colon as an escape; only then is `raw` looked at in parts.
    """
    encoded = _encoder.encode(value)
    if encoded == raw:  # as after JSON.stringify
        return
    is_whole = encoded.count(b":") == raw.count(b":")
    if not is_whole or (_BACKSLASH in raw and _ESCAPED_COLON.search(raw)):
        _refuse_within(raw.strip(), pointer)


def refuse_repeated(names: Iterable[str], pointer: str = "") -> None:
    """RejectedEvent `duplicate_key` at the first name that comes a second time."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise reject("duplicate_key", f"{pointer}/{escaped(name)}")
        seen.add(name)


def escaped(name: str) -> str:
    """`name` as one step of a JSON pointer, cut to a length that a log can bear."""
    return name[:64].replace("~", "~0").replace("/", "~1")


def _refuse_within(raw: bytes, pointer: str) -> None:
    """Recursion is bounded by the depth of `raw`, which was checked before."""
    if raw.startswith(b"["):
        for index, element in enumerate(split_array(raw)):
            _refuse_within(element, f"{pointer}/{index}")
    elif raw.startswith(b"{"):
        members = split_members(raw)
        refuse_repeated((name.replace("\0", "") for name, _ in members), pointer)
        for name, member in members:
            _refuse_within(member, f"{pointer}/{escaped(name)}")
