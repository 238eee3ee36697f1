"""What a newer schema of the same version may not do: everything that was valid must stay so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]
_NAMES = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}
_ANY = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})
_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems")
_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")
_EXACT = ("pattern", "multipleOf")


def breaches(before: Schema, after: Schema) -> tuple[str, ...]:
    """A sentence for each field that was removed or narrowed; none when readers need no change.

    Both are schemas of one version of one event. Words may change, optional fields may come,
    limits may be loosened.
    """
    return tuple(_between(_Reader(before), _Reader(after), before, after, ""))


class _Reader:
    """One document: follows the references inside of it."""

    def __init__(self, document: Schema) -> None:
        self._document = document

    def read(self, part: Schema) -> Schema:
        """`part` itself, for a reference what it refers to; `anyOf` null becomes a type."""
        if "$ref" in part:
            name = str(part["$ref"]).removeprefix("#/$defs/")
            return self.read(self._document["$defs"][name])
        if "anyOf" not in part:
            return part
        kinds = [self.read(each) for each in part["anyOf"]]
        merged: Schema = {}
        for kind in kinds:
            merged = {**kind, **merged}
        return merged | {"type": sorted(set().union(*(_types(kind) for kind in kinds)))}


def _between(
    old: _Reader, new: _Reader, before: Schema, after: Schema, place: str
) -> Iterator[str]:
    before, after = old.read(before), new.read(after)
    where = f"`{place}`" if place else "the event"
    yield from _narrowed(before, after, where)
    properties = after.get("properties", {})
    for name, part in before.get("properties", {}).items():
        inside = f"{place}.{name}".lstrip(".")
        if name in properties:
            yield from _between(old, new, part, properties[name], inside)
        else:
            yield f"`{inside}` was removed: give the event a new version, or keep the field"
    for name in sorted(set(after.get("required", ())) - set(before.get("required", ()))):
        inside = f"{place}.{name}".lstrip(".")
        yield f"`{inside}` became required: give the event a new version, or keep it optional"
    if "items" in before and "items" in after:
        yield from _between(old, new, before["items"], after["items"], f"{place}[]")
    elif "items" in after:
        yield f"{where} limits its items now: give the event a new version"


def _narrowed(before: Schema, after: Schema, where: str) -> Iterator[str]:
    yield from (
        f"{where} {change}: give the event a new version"
        for change in (
            *_lost_types(before, after),
            *_lost_values(before, after),
            *_tighter(before, after),
        )
    )


def _lost_types(before: Schema, after: Schema) -> Iterator[str]:
    allowed = _types(after)
    lost = _types(before) - allowed - ({"integer"} if "number" in allowed else set())
    if lost:
        yield f"may no longer be {' or '.join(sorted(lost))}"
    if before.get("x-pii") and not after.get("x-pii"):
        yield "is no longer marked as a person's data"


def _lost_values(before: Schema, after: Schema) -> Iterator[str]:
    if "enum" in after:
        known = before.get("enum", ["any other value"])
        lost = [str(each) for each in known if each not in (*after["enum"], None)]
        if lost:
            yield f"may no longer be {' or '.join(lost)}"


def _tighter(before: Schema, after: Schema) -> Iterator[str]:
    for name in _LOWER:
        if name in after and (name not in before or after[name] > before[name]):
            yield f"has a higher {name}, {after[name]}"
    for name in _UPPER:
        if name in after and (name not in before or after[name] < before[name]):
            yield f"has a lower {name}, {after[name]}"
    for name in _EXACT:
        if name in after and after[name] != before.get(name):
            yield f"has another {name}"


def _types(schema: Schema) -> set[str]:
    if "enum" in schema:
        return {_NAMES[type(each)] for each in schema["enum"]}
    kinds = schema.get("type", _ANY)
    return {kinds} if isinstance(kinds, str) else set(kinds)
