"""New records of a stream, read from moto's own shards.

`get_records` scans the shard from its start each time and answers in 2 ms even when there is
nothing; a position per shard costs nothing.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from local.cloud import Cloud
from local.mapping import Item
from local.template import REGION

Feed = Callable[[], Iterator[tuple[str, list[Item]]]]
"""What is new since the last call, by shard."""

RECORD_OVERHEAD = 600


def kinesis_feed(cloud: Cloud, stream_arn: str) -> Feed:
    stream_name = stream_arn.rsplit("/", 1)[-1]
    positions: dict[str, int] = {}

    def read() -> Iterator[tuple[str, list[Item]]]:
        for shard_id, shard in cloud.backend("kinesis").streams[stream_name].shards.items():
            position = positions.get(shard_id, 0)
            last = shard.get_max_sequence_number()
            if last > position:
                positions[shard_id] = last
                fresh = [shard.records[number] for number in range(position + 1, last + 1)]
                yield shard_id, [_kinesis_item(stream_arn, shard_id, each) for each in fresh]

    return read


def _kinesis_item(stream_arn: str, shard_id: str, record: Any) -> Item:
    sequence_number = f"49{record.sequence_number:054d}"  # as long as AWS makes them
    arrived = record.created_at
    event = {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": record.partition_key,
            "sequenceNumber": sequence_number,
            "data": record.data,
            "approximateArrivalTimestamp": arrived,
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{shard_id}:{sequence_number}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": "arn:aws:iam::123456789012:role/local",
        "awsRegion": REGION,
        "eventSourceARN": stream_arn,
    }
    size = len(record.data) + RECORD_OVERHEAD
    return Item(sequence_number, event, round(arrived * 1000), size)


def dynamodb_feed(cloud: Cloud, stream_arn: str) -> Feed:
    table_name = stream_arn.split("/")[1]
    position = 0

    def read() -> Iterator[tuple[str, list[Item]]]:
        nonlocal position
        shard = cloud.backend("dynamodb").tables[table_name].stream_shard
        fresh = shard.items[position:]
        position += len(fresh)
        items = [_dynamodb_item(stream_arn, each.record) for each in fresh if _is_change(each)]
        if items:
            yield shard.id, items

    return read


def _is_change(record: Any) -> bool:
    """Moto records a put that changed nothing; AWS does not."""
    change = record.record["dynamodb"]
    is_modified = record.record["eventName"] == "MODIFY"
    return not (is_modified and change.get("OldImage") == change.get("NewImage"))


def _dynamodb_item(stream_arn: str, record: dict[str, Any]) -> Item:
    change = record["dynamodb"]
    created: datetime = change["ApproximateCreationDateTime"]
    created_at = created.replace(tzinfo=UTC).timestamp()
    event = record | {
        "eventVersion": "1.1",
        "eventSourceARN": stream_arn,
        "dynamodb": _as_json(change | {"ApproximateCreationDateTime": created_at}),
    }
    sequence_number = change["SequenceNumber"]
    size = int(change["SizeBytes"]) + RECORD_OVERHEAD
    return Item(sequence_number, event, round(created_at * 1000), size)


def _as_json(value: Any) -> Any:
    """Binary attributes as base64, as Lambda hands them over; moto keeps bytes."""
    if isinstance(value, dict):
        return {key: _as_json(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_as_json(each) for each in value]
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value
