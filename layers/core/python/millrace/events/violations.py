"""Everything that is wrong with the properties of one event, each at its JSON pointer."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import Annotated, Any, Literal, get_args, get_origin

import msgspec

from millrace.events.annotations import bare, marks

MAX_VIOLATIONS = 100
_CODES = (
    # how msgspec begins or phrases its message, our code
    ("Invalid enum value", "value_not_allowed"),
    (" matching regex ", "wrong_format"),
    (" of length ", "wrong_length"),
    ("` >", "out_of_range"),
    ("` <", "out_of_range"),
    ("out of range", "out_of_range"),
    ("multiple of", "out_of_range"),
)


class Violation(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is not as planned. `says` names types and limits, never the value."""

    code: Literal[
        "missing_property",
        "wrong_type",
        "value_not_allowed",
        "wrong_format",
        "wrong_length",
        "out_of_range",
        "unknown_event_version",
    ]
    pointer: str
    says: str


def violations(values: object, shape: type[msgspec.Struct]) -> tuple[Violation, ...]:
    """What keeps `values` from being a `shape`, text for numbers allowed; the first 100."""
    return tuple(islice(_in(values, shape, "/properties"), MAX_VIOLATIONS))


def _in(value: object, annotation: Any, pointer: str) -> Iterator[Violation]:
    plain = bare(annotation)
    if isinstance(plain, type) and issubclass(plain, msgspec.Struct) and isinstance(value, dict):
        yield from _in_object(value, plain, pointer)
    elif get_origin(plain) is tuple and isinstance(value, list):
        for position, each in enumerate(value):
            yield from _in(each, get_args(plain)[0], f"{pointer}/{position}")
        metas = [mark for mark in marks(annotation) if isinstance(mark, msgspec.Meta)]
        yield from _of_whole(value, Annotated[(list[Any], msgspec.Meta(), *metas)], pointer)
    else:
        yield from _of_whole(value, annotation, pointer)


def _in_object(
    value: dict[str, Any], shape: type[msgspec.Struct], pointer: str
) -> Iterator[Violation]:
    for field in _fields(shape):
        place = f"{pointer}/{field.encode_name}"
        if value.get(field.encode_name) is not None:
            yield from _in(value[field.encode_name], field.type, place)
        elif field.required:
            yield Violation(code="missing_property", pointer=place, says="is required")


@cache
def _fields(shape: type[msgspec.Struct]) -> tuple[msgspec.structs.FieldInfo, ...]:
    return msgspec.structs.fields(shape)  # evaluates the annotations anew each time: 100 us


def _of_whole(value: object, annotation: Any, pointer: str) -> Iterator[Violation]:
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # JSON knows one kind of number: 507.0 is a whole one
    try:
        msgspec.convert(value, annotation, strict=False)
    except msgspec.ValidationError as error:
        says = str(error)
        code: Any = next((code for phrase, code in _CODES if phrase in says), "wrong_type")
        if code == "value_not_allowed":  # msgspec's message would repeat the value
            says = "Expected one of: " + ", ".join(str(each) for each in get_args(bare(annotation)))
        yield Violation(code=code, pointer=pointer, says=says)
