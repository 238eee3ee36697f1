"""JSON Schema of an event: draft 2020-12 to read and check by, draft 7 for Glue's registry."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import NoneType
from typing import Any, Literal, get_args, get_origin

import msgspec

from millrace.events.annotations import bare, marks, pii_of
from millrace.events.definition import EventDefinition

Schema = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"
GLUE_DIALECT = "http://json-schema.org/draft-07/schema#"
_SAID_ONLY = frozenset({"$id", "title", "description", "examples", "x-pii", "x-vocabulary"})
_TYPES = {str: "string", int: "integer", float: "number", bool: "boolean", NoneType: "null"}
_LIMITS = {
    "ge": "minimum",
    "gt": "exclusiveMinimum",
    "le": "maximum",
    "lt": "exclusiveMaximum",
    "multiple_of": "multipleOf",
    "pattern": "pattern",
}
_LENGTHS = {"min_length": ("minLength", "minItems"), "max_length": ("maxLength", "maxItems")}


def schema_of(definition: EventDefinition, version: int | None = None) -> Schema:
    """The schema of the properties of one version, the newest by default.

    Optional properties may be null; properties that it does not name are allowed. Numbers that
    come as text are not in the schema: intake lets them pass, with a flag.
    """
    number = definition.version if version is None else version
    shape = definition.versions()[number]
    examples = {each.version: each.example for each in definition.older}
    parts = {each.__name__: _object(each) for each in _shapes_in(shape)}
    return {
        "$schema": DIALECT,
        "$id": f"urn:millrace:event:{definition.module}:{number}",
        "title": definition.name,
        "x-vocabulary": definition.vocabulary,
        **_object(shape),
        "examples": [examples.get(number, definition.example)],
        **({"$defs": dict(sorted(parts.items()))} if parts else {}),
    }


def schema_text(schema: Schema) -> str:
    """A schema as it is checked in: the same bytes from the same definition."""
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def registry_text(schema: Schema) -> str:
    """A schema as Glue's registry takes it: draft 7, without what is only said.

    A better description is then no new version.
    """
    known = {name: part for name, part in schema.items() if name not in {"$schema", "$defs"}}
    parts = {"definitions": schema["$defs"]} if "$defs" in schema else {}
    draft7 = {"$schema": GLUE_DIALECT, **_rules_only(known), **_rules_only(parts)}
    text = json.dumps(draft7, sort_keys=True, separators=(",", ":"))
    return text.replace('"#/$defs/', '"#/definitions/')


def _rules_only(part: Any, *, names_properties: bool = False) -> Any:
    if isinstance(part, list):
        return [_rules_only(each) for each in part]
    if not isinstance(part, dict):
        return part
    return {
        name: _rules_only(value, names_properties=name in {"properties", "definitions"})
        for name, value in part.items()
        if names_properties or name not in _SAID_ONLY
    }


def _object(shape: type[msgspec.Struct]) -> Schema:
    fields = msgspec.structs.fields(shape)
    required = [each.encode_name for each in fields if each.required]
    return {
        "description": " ".join((shape.__doc__ or "").split()),
        "type": "object",
        "properties": {each.encode_name: property_schema(each.type) for each in fields},
        **({"required": required} if required else {}),
    }


def property_schema(annotation: Any) -> Schema:
    """The schema of one property: what it says, what it is, whose data it is."""
    pii = pii_of(annotation)
    says = description_of(annotation)
    return {
        **({"description": says} if says else {}),
        **_nullable(annotation, _of_type(bare(annotation)) | _limits(annotation)),
        **({"x-pii": pii} if pii else {}),
    }


def description_of(annotation: Any) -> str:
    """What a property is, in its own words where it has some, else in those of its type."""
    said = (mark.description for mark in marks(annotation) if isinstance(mark, msgspec.Meta))
    return next((each for each in said if each), "")


def _of_type(plain: Any) -> Schema:
    if plain in _TYPES:
        return {"type": _TYPES[plain]}
    if get_origin(plain) is Literal:
        return {"enum": list(get_args(plain))}
    if get_origin(plain) is tuple:
        return {"type": "array", "items": property_schema(get_args(plain)[0])}
    if isinstance(plain, type):
        return {"$ref": f"#/$defs/{plain.__name__}"}
    return {"type": [_TYPES[bare(each)] for each in get_args(plain)]}


def _nullable(annotation: Any, schema: Schema) -> Schema:
    if NoneType not in get_args(annotation):
        return schema
    if "enum" in schema:
        return schema | {"enum": [*schema["enum"], None]}
    if "$ref" in schema:
        return {"anyOf": [schema, {"type": "null"}]}
    kinds = schema["type"]
    return schema | {"type": [*([kinds] if isinstance(kinds, str) else kinds), "null"]}


def _limits(annotation: Any) -> Schema:
    is_list = get_origin(bare(annotation)) is tuple
    found: Schema = {}
    for mark in marks(annotation):
        if isinstance(mark, msgspec.Meta):
            values = {ours: getattr(mark, theirs) for theirs, ours in _LIMITS.items()}
            values |= {names[is_list]: getattr(mark, theirs) for theirs, names in _LENGTHS.items()}
            found = {name: value for name, value in values.items() if value is not None} | found
    return found


def _shapes_in(shape: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    """The objects inside of a shape, however deep."""
    for field in msgspec.structs.fields(shape):
        plain = bare(field.type)
        inner = bare(get_args(plain)[0]) if get_origin(plain) is tuple else plain
        if isinstance(inner, type) and issubclass(inner, msgspec.Struct):
            yield inner
            yield from _shapes_in(inner)
