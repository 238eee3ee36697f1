"""Reading the annotations of a property: its plain type, and what is marked on it."""

from __future__ import annotations

from collections.abc import Iterator
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from millrace.events.definition import Pii


def bare(annotation: Any) -> Any:
    """The type under `Annotated` and `| None`; a union of several types stays one."""
    while True:
        origin, arguments = get_origin(annotation), get_args(annotation)
        if origin is Annotated:
            annotation = arguments[0]
            continue
        if origin not in (Union, UnionType) or NoneType not in arguments:
            return annotation
        left = tuple(each for each in arguments if each is not NoneType)
        if len(left) != 1:
            return Union[left]  # noqa: UP007 - made from a tuple
        annotation = left[0]


def marks(annotation: Any) -> Iterator[Any]:
    """Everything that a type is annotated with, outside before inside; not inside of lists."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        yield from reversed(arguments[1:])
        yield from marks(arguments[0])
    elif origin in (Union, UnionType):
        for each in arguments:
            yield from marks(each)


def pii_of(annotation: Any) -> str:
    """The kind in the `Pii` mark of a type, nothing where there is no mark."""
    return next((mark.kind for mark in marks(annotation) if isinstance(mark, Pii)), "")
