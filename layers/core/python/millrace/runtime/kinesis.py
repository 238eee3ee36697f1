"""Kinesis records as Lambda hands them over."""

from __future__ import annotations

import base64
from typing import Any

import msgspec


class StreamRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One stream record: its place in the shard, its raw data and when the stream took it."""

    sequence_number: str
    partition_key: str
    data: bytes
    arrived_at: int
    """Epoch milliseconds."""


def to_stream_record(record: dict[str, Any]) -> StreamRecord:
    """One entry of `Records` of a Kinesis event."""
    kinesis = record["kinesis"]
    return StreamRecord(
        sequence_number=kinesis["sequenceNumber"],
        partition_key=kinesis["partitionKey"],
        data=base64.b64decode(kinesis["data"]),
        arrived_at=int(float(kinesis.get("approximateArrivalTimestamp", 0)) * 1000),
    )
