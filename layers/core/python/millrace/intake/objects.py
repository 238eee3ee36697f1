"""One JSON object from its bytes, holding only what every store behind us can hold."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from millrace.errors import RejectedEvent
from millrace.intake.reasons import reject
from millrace.intake.repeats import escaped, refuse_repeats
from millrace.intake.splitter import depth

MAX_DEPTH = 40
_decoder = msgspec.json.Decoder()
_BACKSLASH = ord("\\")
_ZEROES = bytes.maketrans(b"123456789", b"000000000")
_LONG_INTEGER = b"0" * 19
_STRINGS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_NON_FINITE = re.compile(rb"\b(?:NaN|Infinity)\b")
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*+\\u0000")
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_LONE_SURROGATE = ("utf-16", "truncated", "hex escape", "unicode")


def read_object(raw: bytes, pointer: str = "") -> tuple[dict[str, Any], bool]:
    """The object in `raw`, and whether NUL characters were taken out of its text.

    NUL breaks C tools, CSV and Parquet readers further on, and says nothing: it is dropped.
    All else that cannot be stored is a RejectedEvent; `pointer` is where `raw` stands.
    """
    if raw.count(b"{") + raw.count(b"[") > MAX_DEPTH and depth(raw) > MAX_DEPTH:
        raise reject("too_deep", pointer)
    try:
        value = _decoder.decode(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise _diagnose(raw, error, pointer) from error
    if type(value) is not dict:
        raise reject("not_an_object", pointer)
    has_escapes = _BACKSLASH in raw  # one byte is found ten times faster than two
    has_nul = has_escapes and b"\\u0000" in raw and _NUL.search(raw) is not None
    if has_nul or _LONG_INTEGER in raw.translate(_ZEROES):
        value = _storable(value, pointer)
    refuse_repeats(raw, value, pointer)
    return value, has_nul


def refuse_other_encodings(raw: bytes, pointer: str = "") -> None:
    """RejectedEvent `not_utf8` for UTF-16, UTF-32 and what begins with a byte order mark.

    JSON begins with two ASCII characters, so a zero among the first two bytes gives them away.
    """
    if raw.startswith(_MARKS) or 0 in raw[:2]:
        raise reject("not_utf8", pointer)


def _storable(value: Any, pointer: str) -> Any:
    """`value` without NUL; recursion is bounded by MAX_DEPTH, which was checked on the bytes."""
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, list):
        return [_storable(part, f"{pointer}/{index}") for index, part in enumerate(value)]
    if isinstance(value, dict):
        return {
            name.replace("\0", ""): _storable(part, f"{pointer}/{escaped(name)}")
            for name, part in value.items()
        }
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        raise reject("integer_out_of_range", pointer)
    return value


def _diagnose(raw: bytes, error: Exception, pointer: str) -> RejectedEvent:
    """Which reason it is that a parser refused `raw`."""
    refuse_other_encodings(raw, pointer)
    if not _is_utf8(raw):
        return reject("invalid_unicode", pointer)
    said = str(error)
    if _SURROGATE.search(raw) and any(word in said for word in _LONE_SURROGATE):
        return reject("invalid_unicode", pointer)
    if "out of range" in said:
        is_integer = said.startswith("Integer")
        return reject("integer_out_of_range" if is_integer else "number_out_of_range", pointer)
    if _NON_FINITE.search(_STRINGS.sub(b'""', raw)):
        return reject("non_finite_number", pointer)
    return reject("invalid_json", pointer)


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True
