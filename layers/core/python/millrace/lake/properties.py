"""The planned properties of events as one column: a field for each that names nobody.

The fields are those of the whole catalogue, in every version, so that their number is bounded by
what somebody planned and not by what somebody sent. A property that is marked as a person's, one
that is not planned, and a value that is not as planned are null here and stand in `sealed` only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec

from millrace.events import Event, catalog
from millrace.events.annotations import bare, pii_of
from millrace.events.columns import columns_in
from millrace.events.definition import EventDefinition
from millrace.events.plan import Plan
from millrace.events.spelling import tells_an_address
from millrace.lake.kinds import Kind, joined, read_kind
from millrace.registry import discover

Values = dict[str, Any]
_LONG_ENOUGH = 5
"""Shorter identifiers stand inside of other words by chance; they are withheld where alone."""
_WHOLE = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
_FINITE = Annotated[float, msgspec.Meta(ge=-1.7e308, le=1.7e308)]
_PLAIN: dict[Any, Any] = {int: _WHOLE, float: _FINITE, str: str, bool: bool}


def property_fields(definitions: Iterable[EventDefinition]) -> tuple[tuple[str, str], ...]:
    """(name, Glue type) of every property that names nobody, by name."""
    kinds: dict[str, set[str]] = {}
    for definition in definitions:
        for name, kind in _fields_of(definition):
            kinds.setdefault(name, set()).add(kind)
    return tuple((name, joined(found)) for name, found in sorted(kinds.items()))


def _fields_of(definition: EventDefinition) -> Iterator[tuple[str, str]]:
    columns = [each for shape in definition.versions().values() for each in columns_in(shape)]
    personal = {column.name for column in columns if column.is_sealed}
    return ((column.name, column.type) for column in columns if column.name not in personal)


_DEFINITIONS = discover(catalog, EventDefinition)
_PLAN = Plan(_DEFINITIONS.values())
PROPERTY_FIELDS = property_fields(_DEFINITIONS.values())
PROPERTIES_TYPE = f"struct<{','.join(f'{name}:{kind}' for name, kind in PROPERTY_FIELDS)}>"
_KINDS = {name: read_kind(kind) for name, kind in PROPERTY_FIELDS}


def shown_properties(event: Event) -> Values:
    """The values that may stand in clear of an event that is read as the newest version."""
    definition = _PLAN.find(event.name) if event.type == "track" else None
    if definition is None or not event.properties:
        return {}
    values = _planned(event.properties, _clear_shape(definition.module))
    shown = {name: _shown(value, _KINDS[name], event) for name, value in values.items()}
    return {name: value for name, value in shown.items() if value is not None}


def names_somebody(text: str, event: Event) -> bool:
    """An address, a number to ring, or one of the event's own identifiers stands in it."""
    if tells_an_address(text):
        return True
    folded = text.casefold()
    for identifier in event.identifiers:
        value = identifier.value.casefold()
        if value == folded or (len(value) >= _LONG_ENOUGH and value in folded):
            return True
    return False


def _planned(values: Values, shape: type[msgspec.Struct]) -> Values:
    try:
        planned: Values = msgspec.to_builtins(msgspec.convert(values, shape, strict=False))
    except msgspec.ValidationError:
        return dict(_one_by_one(values, shape))
    return planned


def _one_by_one(values: Values, shape: type[msgspec.Struct]) -> Iterator[tuple[str, Any]]:
    for field in msgspec.structs.fields(shape):
        try:
            value = msgspec.convert(values.get(field.encode_name), field.type, strict=False)
        except msgspec.ValidationError:
            continue
        yield field.encode_name, msgspec.to_builtins(value)


def _shown(value: Any, kind: Kind, event: Event) -> Any:
    if value is None:
        return None
    if kind.parts and isinstance(value, dict):
        return {name: _shown(value.get(name), part, event) for name, part in kind.parts}
    if kind.parts:
        return [_shown(each, kind.parts[0][1], event) for each in value]
    if kind.name == "string":
        text = value if isinstance(value, str) else str(value)
        return None if names_somebody(text, event) else text
    return float(value) if kind.name == "double" else value


@cache
def _clear_shape(module: str) -> type[msgspec.Struct]:
    definition = _DEFINITIONS[module]
    names = {name for name, _ in _fields_of(definition)}
    return _without_people(definition.properties, names)


def _without_people(
    shape: type[msgspec.Struct], names: set[str] | None = None
) -> type[msgspec.Struct]:
    """`shape` with every field optional, and without those that are marked as a person's."""
    fields = [
        (field.encode_name, _plain(field.type) | None, None)
        for field in msgspec.structs.fields(shape)
        if not pii_of(field.type) and (names is None or field.encode_name in names)
    ]
    return msgspec.defstruct(shape.__name__, fields, frozen=True, omit_defaults=True)


def _plain(annotation: Any) -> Any:
    plain = bare(annotation)
    if plain in _PLAIN:
        return _PLAIN[plain]
    if get_origin(plain) is tuple:
        return tuple.__class_getitem__((_plain(get_args(plain)[0]), ...))
    if get_origin(plain) in (Union, UnionType, Literal):
        return str | int | float
    return _without_people(plain)
