"""The properties of an event as columns of the lake: Glue types, and which must be sealed."""

from __future__ import annotations

from collections.abc import Iterator
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

import msgspec

from millrace.events.annotations import bare, pii_of
from millrace.events.definition import EventDefinition

_GLUE = {str: "string", int: "bigint", float: "double", bool: "boolean"}


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """One property as a column; a sealed one is `binary`, whatever it was."""

    name: str
    type: str
    pii: str = ""
    """The kind of person's data that it holds; empty where it holds none."""

    @property
    def is_sealed(self) -> bool:
        """It must never stand in the lake in clear."""
        return bool(self.pii)


def columns_of(definition: EventDefinition) -> tuple[Column, ...]:
    """A column per property of the newest version, in its order.

    What is sealed inside a list (the `url` of a product in `products`) is no part of its column.
    """
    return tuple(columns_in(definition.properties))


def columns_in(shape: type[msgspec.Struct]) -> Iterator[Column]:
    """A column per property of one version."""
    for field in msgspec.structs.fields(shape):
        pii = pii_of(field.type)
        kind = "binary" if pii else glue_type(field.type)
        yield Column(name=field.encode_name, type=kind, pii=pii)


def glue_type(annotation: Any) -> str:
    """The Glue type that holds every value of a type."""
    plain = bare(annotation)
    if plain in _GLUE:
        return _GLUE[plain]
    if get_origin(plain) is tuple:
        return f"array<{glue_type(get_args(plain)[0])}>"
    if isinstance(plain, type) and issubclass(plain, msgspec.Struct):
        inside = (f"{each.name}:{each.type}" for each in columns_in(plain) if not each.is_sealed)
        return f"struct<{','.join(inside)}>"
    if get_origin(plain) in (Union, UnionType, Literal):
        return "string"  # text or number, as it came
    raise TypeError(f"no Glue type for {annotation!r}")
