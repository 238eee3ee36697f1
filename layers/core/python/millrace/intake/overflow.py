"""Stream records on their detour: the form in which a queue or a bucket keeps them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from millrace.errors import GiveUp
from millrace.intake.ports import SinkRecord

PREFIX = "overflow"
"""Every object of the overflow bucket lies below it."""
MAX_MESSAGE_BYTES = 1_000_000
"""Of the 1,048,576 that an SQS message may hold."""
_FRAME_BYTES = 200


class Detour(msgspec.Struct, frozen=True, kw_only=True):
    """Records of one request, sealed as they would be in the stream, in their order."""

    records: tuple[SinkRecord, ...]
    version: int = 1


_decoder = msgspec.json.Decoder(Detour)


def pack(records: Sequence[SinkRecord]) -> bytes:
    """Records as JSON text."""
    return msgspec.json.encode(Detour(records=tuple(records)))


def unpack(text: str | bytes) -> tuple[SinkRecord, ...]:
    """What `pack` made; GiveUp `unreadable_detour` for anything else."""
    try:
        return _decoder.decode(text).records
    except msgspec.MsgspecError as error:
        raise GiveUp("unreadable_detour", "this is not a detour of version 1") from error


def messages(records: Sequence[SinkRecord]) -> Iterator[list[int]]:
    """Positions message by message, in order; a record too large for any stands alone."""
    positions: list[int] = []
    size = 0
    for position, record in enumerate(records):
        length = len(record.data) * 4 // 3 + len(record.partition_key) + _FRAME_BYTES
        if positions and size + length > MAX_MESSAGE_BYTES:
            yield positions
            positions, size = [], 0
        positions.append(position)
        size += length
    if positions:
        yield positions
