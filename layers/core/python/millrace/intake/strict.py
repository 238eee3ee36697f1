"""The reference parser: what `objects.read_object` must agree with, slow and plain.

RFC 8259 in UTF-8, read one character at a time, and nothing that a store behind us could not
hold. It shares no code with the fast parser; tests/core/intake compares the two.
"""

from __future__ import annotations

import math
import re
from typing import Any

from millrace.intake.reasons import reject

MAX_DEPTH = 40
_SPACE = " \t\r\n"
_NUMBER = re.compile(r"(-?(?:0|[1-9][0-9]*))(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_HEX = re.compile(r"[0-9a-fA-F]{4}")
_ESCAPES = {
    '"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t",
}  # fmt: skip
_WORDS = {"true": True, "false": False, "null": None}
_NOT_FINITE = ("NaN", "Infinity", "-Infinity")
_LONGEST_64_BIT = 20


def read_strictly(raw: bytes, pointer: str = "") -> tuple[dict[str, Any], bool]:
    """The object in `raw`, and whether NUL characters were taken out of it."""
    reader = _Reader(_text(raw, pointer))
    value = reader.document(pointer)
    if not isinstance(value, dict):
        raise reject("not_an_object", pointer)
    return value, reader.had_nul


def _text(raw: bytes, pointer: str) -> str:
    marks = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
    if raw.startswith(marks) or 0 in raw[:2]:
        raise reject("not_utf8", pointer)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise reject("invalid_unicode", pointer) from error


class _Reader:
    """A place in a text; each method reads what its name says and moves past it."""

    def __init__(self, text: str) -> None:
        self.had_nul = False
        self._text = text
        self._at = 0

    def document(self, pointer: str) -> Any:
        value = self._value(pointer, 0)
        self._skip_space()
        if self._at != len(self._text):
            raise reject("invalid_json", pointer)
        return value

    def _value(self, pointer: str, depth: int) -> Any:
        self._skip_space()
        first = self._peek()
        if first in ("{", "["):
            if depth == MAX_DEPTH:
                raise reject("too_deep", pointer)
            return (self._object if first == "{" else self._array)(pointer, depth + 1)
        if first == '"':
            return self._without_nul(self._string(pointer))
        for word, meaning in _WORDS.items():
            if self._text.startswith(word, self._at):
                self._at += len(word)
                return meaning
        if self._text.startswith(_NOT_FINITE, self._at):
            raise reject("non_finite_number", pointer)
        return self._number(pointer)

    def _object(self, pointer: str, depth: int) -> dict[str, Any]:
        members: dict[str, Any] = {}
        self._expect("{", pointer)
        if self._takes("}"):
            return members
        while True:
            self._skip_space()
            name = self._without_nul(self._string(pointer))
            inside = f"{pointer}/{_escaped(name)}"
            if name in members:
                raise reject("duplicate_key", inside)
            self._expect(":", pointer)
            members[name] = self._value(inside, depth)
            if self._takes("}"):
                return members
            self._expect(",", pointer)

    def _array(self, pointer: str, depth: int) -> list[Any]:
        elements: list[Any] = []
        self._expect("[", pointer)
        if self._takes("]"):
            return elements
        while True:
            elements.append(self._value(f"{pointer}/{len(elements)}", depth))
            if self._takes("]"):
                return elements
            self._expect(",", pointer)

    def _string(self, pointer: str) -> str:
        """The text between two quotes, NUL and all."""
        if self._next() != '"':
            raise reject("invalid_json", pointer)
        units: list[str] = []
        while (character := self._next()) != '"':
            if character < " ":  # the end of the text is "", which is less than everything
                raise reject("invalid_json", pointer)
            units.append(self._escape(pointer) if character == "\\" else character)
        return "".join(units)

    def _escape(self, pointer: str) -> str:
        letter = self._next()
        if letter != "u":
            if letter not in _ESCAPES:
                raise reject("invalid_json", pointer)
            return _ESCAPES[letter]
        unit = self._unit(pointer)
        if 0xDC00 <= unit < 0xE000:
            raise reject("invalid_unicode", pointer)
        if not 0xD800 <= unit < 0xDC00:
            return chr(unit)
        if not self._text.startswith("\\u", self._at):
            raise reject("invalid_unicode", pointer)
        self._at += 2
        low = self._unit(pointer)
        if not 0xDC00 <= low < 0xE000:
            raise reject("invalid_unicode", pointer)
        return chr(0x10000 + (unit - 0xD800) * 0x400 + (low - 0xDC00))

    def _unit(self, pointer: str) -> int:
        digits = self._text[self._at : self._at + 4]
        if _HEX.fullmatch(digits) is None:
            raise reject("invalid_json", pointer)
        self._at += 4
        return int(digits, 16)

    def _number(self, pointer: str) -> int | float:
        found = _NUMBER.match(self._text, self._at)
        if found is None:
            raise reject("invalid_json", pointer)
        self._at = found.end()
        if found[2] or found[3]:
            number = float(found[0])
            if math.isinf(number):
                raise reject("number_out_of_range", pointer)
            return number
        if len(found[0]) > _LONGEST_64_BIT or not -(2**63) <= int(found[0]) < 2**64:
            raise reject("integer_out_of_range", pointer)
        return int(found[0])

    def _without_nul(self, text: str) -> str:
        self.had_nul = self.had_nul or "\0" in text
        return text.replace("\0", "")

    def _skip_space(self) -> None:
        while self._peek() and self._peek() in _SPACE:
            self._at += 1

    def _takes(self, mark: str) -> bool:
        self._skip_space()
        found = self._peek() == mark
        self._at += found
        return found

    def _expect(self, mark: str, pointer: str) -> None:
        if not self._takes(mark):
            raise reject("invalid_json", pointer)

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _next(self) -> str:
        character = self._peek()
        self._at += 1
        return character


def _escaped(name: str) -> str:
    return name[:64].replace("~", "~0").replace("/", "~1")
