"""The way back: what took a detour goes into the stream, with its keys and in its order."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, Protocol
from urllib.parse import unquote_plus

import msgspec

from millrace.errors import GiveUp, MillraceError, RetryLater
from millrace.intake.overflow import unpack
from millrace.intake.ports import EventSink, NotAllWritten, SinkRecord

_decoder = msgspec.json.Decoder()


class OverflowObjects(Protocol):
    """The objects of the overflow bucket."""

    def read(self, key: str) -> bytes | None:
        """What lies under `key`, None when nothing does any more; RetryLater `overflow_...`."""
        ...

    def delete(self, key: str) -> None:
        """Nothing lies under `key` any more; RetryLater `overflow_unavailable`."""
        ...


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One message of the overflow queue: records, or where S3 put an object with records."""

    message_id: str
    body: str


class Load(msgspec.Struct, kw_only=True):
    """What one message stands for."""

    message_id: str
    keys: tuple[str, ...] = ()
    records: tuple[SinkRecord, ...] = ()
    unwritten: tuple[SinkRecord, ...] = ()


class Refilled(msgspec.Struct, kw_only=True):
    retry: list[str] = []
    """Messages that must come again."""
    events: int = 0
    """How many went into the stream."""


def refill(
    messages: Sequence[Message],
    *,
    sink: EventSink,
    overflow: EventSink,
    objects: OverflowObjects,
    report: Callable[[Exception], None],
) -> Refilled:
    """Write everything that waits in `messages` to the stream.

    Done twice it changes nothing but the count of duplicates. Of a message that the stream took
    in part, only the rest goes to the queue again.
    """
    done = Refilled()
    loads = list(_loads(messages, objects, done, report))
    _write([load for load in loads if load.records], sink)
    for load in loads:
        try:
            _finish(load, overflow)
        except RetryLater as error:
            report(error)
            done.retry.append(load.message_id)
            continue
        done.events += _events(load.records) - _events(load.unwritten)
        _forget(load, objects, report)
    return done


def _loads(
    messages: Sequence[Message],
    objects: OverflowObjects,
    done: Refilled,
    report: Callable[[Exception], None],
) -> Iterator[Load]:
    """What can be read; what cannot comes again until the queue gives it up."""
    known: set[str] = set()
    for message in messages:
        try:
            load = _load(message, objects, known)
            known.update(load.keys)
            yield load
        except MillraceError as error:
            report(error)
            done.retry.append(message.message_id)


def _load(message: Message, objects: OverflowObjects, known: Collection[str]) -> Load:
    """`known` are the objects of other messages: S3 may tell of one twice."""
    told = _object_keys(message.body)
    if told is None:
        return Load(message_id=message.message_id, records=unpack(message.body))
    keys = tuple(key for key in dict.fromkeys(told) if key not in known)
    found = [body for body in map(objects.read, keys) if body is not None]
    records = tuple(record for body in found for record in unpack(body))
    return Load(message_id=message.message_id, keys=keys, records=records)


def _object_keys(body: str) -> tuple[str, ...] | None:
    """The objects of an S3 notification; none for S3's test of it, None when it is no such."""
    try:
        value: Any = _decoder.decode(body)
        if "Records" in value:
            return tuple(unquote_plus(each["s3"]["object"]["key"]) for each in value["Records"])
        return () if value.get("Event") == "s3:TestEvent" else None
    except (msgspec.MsgspecError, AttributeError, KeyError, TypeError) as error:
        raise GiveUp("unreadable_detour", "neither a detour nor a notification of S3") from error


def _write(loads: Sequence[Load], sink: EventSink) -> None:
    """One write for all, so that the stream is asked for as little as can be."""
    flat = [(load, record) for load in loads for record in load.records]
    if not flat:
        return
    try:
        sink.put([record for _, record in flat])
    except NotAllWritten as error:
        for position in sorted(error.unwritten):
            load, record = flat[position]
            load.unwritten += (record,)


def _finish(load: Load, overflow: EventSink) -> None:
    """NotAllWritten when the message must come again whole."""
    if not load.unwritten:
        return
    if len(load.unwritten) == len(load.records):
        everything = frozenset(range(len(load.records)))
        raise NotAllWritten("the stream does not take anything yet", unwritten=everything)
    overflow.put(load.unwritten)


def _forget(load: Load, objects: OverflowObjects, report: Callable[[Exception], None]) -> None:
    """An object that stays would be harmless: it expires with the bucket's others."""
    for key in load.keys:
        try:
            objects.delete(key)
        except RetryLater as error:
            report(error)


def _events(records: Sequence[SinkRecord]) -> int:
    return sum(record.event_count for record in records)
