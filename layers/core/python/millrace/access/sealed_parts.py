"""What is sealed in a file, whichever part of the pipeline wrote it; nothing is opened here.

A payload lies in a stream record, in a queue's message, in a bucket of detours, in the object that
Lambda writes when a batch ran out of retries, or in a failed event. Whoever has to look at one has
it as a file, as an object, or as the AWS CLI printed it. All are told apart by their shape.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from millrace.errors import GiveUp
from millrace.privacy.sealing import HEADER_BYTES

Kind = Literal["envelope", "failed_event", "row"]
MAX_DEPTH = 6
_NOTHING = (
    "there is no sealed payload in it: give a failed event, a parked or overflow object, a "
    "message, a stream record (raw, base64 or as the AWS CLI prints it) or a Parquet file of "
    "the lake"
)


class SealedPart(msgspec.Struct, frozen=True, kw_only=True):
    """One sealed payload and where it stands in its file."""

    kind: Kind
    place: str
    data: bytes
    clear: dict[str, Any] = {}
    """What stands beside it in clear, of a failed event."""
    subject: str = ""
    """The pseudonym of a row of the lake: it finds the key."""


def sealed_parts(body: bytes) -> list[SealedPart]:
    """The sealed payloads of a file, in order; GiveUp `nothing_sealed` where there is none."""
    found = list(_in_bytes(body, "", 0))
    if not found:
        raise GiveUp("nothing_sealed", _NOTHING)
    return found


def _in_bytes(body: bytes, place: str, depth: int) -> Iterator[SealedPart]:
    try:
        yield from _in_json(msgspec.json.decode(body), place, depth)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        data = _base64(body.strip()) or body
        if len(data) > HEADER_BYTES:
            yield SealedPart(kind="envelope", place=place or "record", data=data)


def _in_json(value: Any, place: str, depth: int) -> Iterator[SealedPart]:
    """Shapes of Lambda, of the AWS CLI and of our own, which may stand inside one another."""
    if depth > MAX_DEPTH:
        return
    if isinstance(value, str):
        yield from _in_bytes(value.encode(), place, depth + 1)
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from _in_json(each, f"{place}/{number}", depth + 1)
    elif isinstance(value, dict):
        yield from _in_object(value, place, depth)


def _in_object(value: dict[str, Any], place: str, depth: int) -> Iterator[SealedPart]:
    if {"stage", "code", "payload"} <= value.keys():
        yield from _failed_event(value, place)
        return
    for name in ("data", "Data"):
        data = _base64(str(value.get(name, "")).encode())
        if data:
            yield SealedPart(kind="envelope", place=place or "record", data=data)
            return
    for name in ("records", "Records", "Messages", "kinesis", "payload", "Body", "body"):
        if name in value:
            yield from _in_json(value[name], f"{place}/{name}", depth + 1)


def _failed_event(value: dict[str, Any], place: str) -> Iterator[SealedPart]:
    clear = {name: each for name, each in value.items() if name not in {"payload", "arrival"}}
    for name in ("payload", "arrival"):
        data = _base64(str(value.get(name, "")).encode())
        if data:
            yield SealedPart(kind="failed_event", place=f"{place}/{name}", data=data, clear=clear)


def _base64(text: bytes) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
