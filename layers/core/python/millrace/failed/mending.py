"""A mapping: what is changed in each payload before it is tried again."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Sequence
from typing import Any

import msgspec

from millrace.errors import NeedsHuman, RejectedEvent

KEPT_AS_SENT = frozenset(
    {
        *("messageId", "timestamp", "originalTimestamp", "sentAt"),
        *("message_id", "event_at", "received_at", "original_at"),
    }
)
"""Changing these would make another event of it: applied twice, or at another time."""


class Put(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="set"):
    """Put a value at a pointer; objects on the way are made where they are missing."""

    pointer: str
    value: Any


class Drop(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="drop"):
    """Take away what stands at a pointer."""

    pointer: str


class Rename(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="rename"):
    """Move what stands at a pointer to another one; a value that stands there already stays."""

    pointer: str
    to: str


Step = Put | Drop | Rename


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    rename: dict[str, str] = {}
    drop: list[str] = []
    set: dict[str, Any] = {}


def steps_of(
    *, renames: Sequence[str] = (), drops: Sequence[str] = (), puts: Sequence[str] = ()
) -> tuple[Step, ...]:
    """Steps from the command line's words: `old=new`, `/pointer`, `/pointer=value`.

    A value is JSON, else text. NeedsHuman `bad_mapping` for what cannot be done.
    """
    pairs = [_pair(word, "--rename old=new") for word in renames]
    values = [_pair(word, "--set /pointer=value") for word in puts]
    return _checked(
        _File(
            rename=dict(pairs),
            drop=list(drops),
            set={pointer: _value(text) for pointer, text in values},
        )
    )


def steps_in(toml: str) -> tuple[Step, ...]:
    """Steps from a mapping file: tables `rename` and `set`, and a list `drop`, done in this order.

    NeedsHuman `bad_mapping`; its message names the key, never a value.
    """
    try:
        return _checked(msgspec.convert(tomllib.loads(toml), _File))
    except tomllib.TOMLDecodeError as error:
        raise NeedsHuman("bad_mapping", f"the mapping is not TOML: {error}") from error
    except msgspec.ValidationError as error:
        raise NeedsHuman("bad_mapping", f"{error}; a mapping has rename, drop and set") from error


def mend(steps: Sequence[Step], fields: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """A changed copy of `fields`, and what was changed in it: pointers, never values.

    RejectedEvent `mapping_does_not_fit` where a step leads through text or a number.
    """
    mended = copy.deepcopy(fields)
    changes: list[str] = []
    for step in steps:
        found, value = _take(mended, step.pointer, is_removed=not isinstance(step, Put))
        if isinstance(step, Put) and not (found and value == step.value):
            _place(mended, step.pointer, copy.deepcopy(step.value))
            changes.append(told(step) + ("" if found else " (was missing)"))
        elif isinstance(step, Drop) and found:
            changes.append(told(step))
        elif isinstance(step, Rename) and found:
            if _take(mended, step.to, is_removed=False)[0]:
                _place(mended, step.pointer, value)
                continue
            _place(mended, step.to, value)
            changes.append(told(step))
    return mended, changes


def told(step: Step) -> str:
    """A step in words, without its value."""
    if isinstance(step, Rename):
        return f"rename {step.pointer} to {step.to}"
    return f"{'set' if isinstance(step, Put) else 'drop'} {step.pointer}"


def _take(fields: Any, pointer: str, *, is_removed: bool) -> tuple[bool, Any]:
    *way, last = _parts(pointer)
    place = fields
    for part in way:
        place = place.get(part) if isinstance(place, dict) else None
    if not isinstance(place, dict) or last not in place:
        return False, None
    return True, place.pop(last) if is_removed else place[last]


def _place(fields: dict[str, Any], pointer: str, value: Any) -> None:
    *way, last = _parts(pointer)
    place = fields
    for part in way:
        if place.get(part) is None:
            place[part] = {}
        place = place[part]
        if not isinstance(place, dict):
            raise RejectedEvent(
                "mapping_does_not_fit",
                "a step of the mapping leads through something that is no object",
                pointer=pointer,
            )
    place[last] = value


def _checked(found: _File) -> tuple[Step, ...]:
    steps: list[Step] = [
        Rename(pointer=_pointer(old), to=_pointer(new)) for old, new in found.rename.items()
    ]
    steps += [Drop(pointer=_pointer(pointer)) for pointer in found.drop]
    steps += [Put(pointer=_pointer(name), value=value) for name, value in found.set.items()]
    return tuple(steps)


def _pointer(word: str) -> str:
    """`userId` is short for `/userId`."""
    pointer = word if word.startswith("/") else f"/{word}"
    first = _parts(pointer)[0]
    if first in KEPT_AS_SENT:
        raise NeedsHuman(
            "bad_mapping", f"/{first} stays as it was sent, or a replay would count events twice"
        )
    if not first:
        raise NeedsHuman("bad_mapping", "a pointer names a field, such as /properties/total")
    return pointer


def _parts(pointer: str) -> list[str]:
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def _pair(word: str, form: str) -> tuple[str, str]:
    name, is_assigned, value = word.partition("=")
    if not is_assigned or not name:
        raise NeedsHuman("bad_mapping", f"it is written {form}")
    return name, value


def _value(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.MsgspecError, ValueError):
        return text
