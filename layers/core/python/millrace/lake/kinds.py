"""The types of columns: Glue's words for them, read once for Parquet, Athena and DuckDB."""

from __future__ import annotations

import re
from collections import deque

import msgspec

_WORDS = re.compile(r"[<>,:]|[^<>,:]+")


class Kind(msgspec.Struct, frozen=True):
    """`string`, `bigint` ...; an `array` has one unnamed part, a `struct` named ones."""

    name: str
    parts: tuple[tuple[str, Kind], ...] = ()


def read_kind(glue_type: str) -> Kind:
    """`array<struct<sku:string>>` as a tree."""
    return _read(deque(_WORDS.findall(glue_type)))


def _read(words: deque[str]) -> Kind:
    name = words.popleft()
    if not words or words[0] != "<":
        return Kind(name)
    parts: list[tuple[str, Kind]] = []
    while words.popleft() != ">":  # takes "<" or "," before each part
        label = words.popleft() if name == "struct" else ""
        if label:
            words.popleft()
        parts.append((label, _read(words)))
    return Kind(name, tuple(parts))


def joined(kinds: set[str]) -> str:
    """The one Glue type that holds the values of several: numbers widen, all else is text."""
    if len(kinds) == 1:
        return next(iter(kinds))
    return "double" if kinds == {"bigint", "double"} else "string"


def changes(before: str, after: str) -> str:
    """Why a column of type `before` cannot be read as `after`; nothing where it can.

    A struct may gain parts: files that were written earlier have null there.
    """
    return _changes(read_kind(before), read_kind(after), "")


def _changes(before: Kind, after: Kind, place: str) -> str:
    where = f"`{place}` in it " if place else ""
    if before.name != after.name:
        return f"{where}was {before.name} and is now {after.name}"
    parts = dict(after.parts)
    for label, part in before.parts:
        inside = f"{place}.{label}".strip(".")
        if label not in parts:
            return f"lost `{inside}`"
        found = _changes(part, parts[label], inside)
        if found:
            return found
    return ""
