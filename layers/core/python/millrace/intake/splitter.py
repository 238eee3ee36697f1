"""Cut a JSON container into the exact bytes of its parts, without reading the parts.

One bad value must not cost the good ones beside it. The cuts follow strings and brackets only,
so a part may be anything: `NaN`, a 4,000-digit number, a thousand brackets deep. Nothing here
recurses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from millrace.intake.reasons import reject

_STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_TOKEN = re.compile(_STRING + rb'|[\[\]{},"]', re.DOTALL)
_KEY = re.compile(rb"[ \t\r\n]*(" + _STRING + rb")[ \t\r\n]*:", re.DOTALL)
_WHITESPACE = b" \t\r\n"
_QUOTE = ord('"')
_CLOSER = {ord("["): ord("]"), ord("{"): ord("}")}
_key_decoder = msgspec.json.Decoder(str)


def split_array(raw: bytes) -> list[bytes]:
    """The bytes of each element; RejectedEvent `invalid_json` when the brackets do not add up."""
    return _parts(raw, b"[")


def split_object(raw: bytes) -> dict[str, bytes]:
    """The bytes of each member by key, the last of several winning, as parsers do."""
    return dict(split_members(raw))


def split_members(raw: bytes) -> list[tuple[str, bytes]]:
    """Key and bytes of each member in order, a key as often as it stands there."""
    members = []
    for part in _parts(raw, b"{"):
        key = _KEY.match(part)
        if key is None:
            raise reject("invalid_json")
        try:
            name = _key_decoder.decode(key[1])
        except (msgspec.MsgspecError, ValueError) as error:
            raise reject("invalid_json") from error
        members.append((name, part[key.end() :].strip(_WHITESPACE)))
    return members


def depth(raw: bytes) -> int:
    """How deep objects and arrays nest in `raw`, as far as its brackets go."""
    deepest = level = 0
    for token in _TOKEN.finditer(raw):
        byte = raw[token.start()]
        if byte in b"[{":
            level += 1
            deepest = max(deepest, level)
        elif byte in b"]}":
            level -= 1
    return deepest


def _parts(raw: bytes, opener: bytes) -> list[bytes]:
    text = raw.strip(_WHITESPACE)
    if not text.startswith(opener):
        raise reject("invalid_json")
    parts = [text[start:end].strip(_WHITESPACE) for start, end in _cuts(text)]
    if parts == [b""]:
        return []
    if b"" in parts:
        raise reject("invalid_json")
    return parts


def _cuts(text: bytes) -> Iterator[tuple[int, int]]:
    """Start and end of each part of the container that is the whole of `text`."""
    expected = bytearray()
    start = 1
    for token in _TOKEN.finditer(text):
        if token[0] == b",":
            if len(expected) == 1:
                yield start, token.start()
                start = token.end()
        elif _closes_all(token[0], expected):
            if token.end() != len(text):
                break
            yield start, token.start()
            return
    raise reject("invalid_json")


def _closes_all(token: bytes, expected: bytearray) -> bool:
    """Whether `token` closes the outermost bracket; `expected` are the closers still to come."""
    if token == b'"':  # a string without an end
        raise reject("invalid_json")
    if token[0] == _QUOTE:
        return False
    if token[0] in _CLOSER:
        expected.append(_CLOSER[token[0]])
        return False
    if not expected or expected.pop() != token[0]:
        raise reject("invalid_json")
    return not expected
