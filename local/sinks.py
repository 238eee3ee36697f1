"""Everything at rest, one JSON value a line, for leak checks; secrets are left out."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from local.cloud import Cloud
from local.functions import LocalFunction

Entry = dict[str, Any]
_encoder = msgspec.json.Encoder(enc_hook=str)


def dump(cloud: Cloud, functions: Iterable[LocalFunction]) -> Iterator[bytes]:
    """The lines, each with its newline."""
    for entries in (_streams, _tables, _buckets, _queues):
        for entry in entries(cloud):
            yield _encoder.encode(entry) + b"\n"
    for function in functions:
        for line in function.lines:
            entry = {"sink": "log", "function": function.plan.path, "line": line}
            yield _encoder.encode(entry) + b"\n"


def _streams(cloud: Cloud) -> Iterator[Entry]:
    for name, stream in cloud.backend("kinesis").streams.items():
        for shard_id, shard in stream.shards.items():
            for number, record in list(shard.records.items()):
                yield {
                    "sink": "stream",
                    "stream": name,
                    "shard": shard_id,
                    "sequence_number": str(number),
                    "partition_key": record.partition_key,
                    "data_base64": record.data,
                }


def _tables(cloud: Cloud) -> Iterator[Entry]:
    for name, table in cloud.backend("dynamodb").tables.items():
        for item in list(table.all_items()):
            yield {"sink": "table", "table": name, "item": item.to_json()["Attributes"]}
        if table.stream_shard:
            for change in list(table.stream_shard.items):
                yield {
                    "sink": "table_stream",
                    "table": name,
                    "event": change.record["eventName"],
                    "change": change.record["dynamodb"],
                }


def _buckets(cloud: Cloud) -> Iterator[Entry]:
    for name, bucket in cloud.backend("s3").buckets.items():
        for key, versions in sorted(bucket.keys.lists()):
            for version in versions:
                yield {
                    "sink": "bucket",
                    "bucket": name,
                    "key": key,
                    "metadata": dict(getattr(version, "metadata", {}) or {}),
                    **_content(getattr(version, "value", b"") or b""),
                }


def _queues(cloud: Cloud) -> Iterator[Entry]:
    for name, queue in cloud.backend("sqs").queues.items():
        for message in list(queue._messages):  # noqa: SLF001
            yield {
                "sink": "queue",
                "queue": name,
                "message_id": message.id,
                "body": message.body,
                "attributes": message.message_attributes,
            }


def _content(value: bytes) -> Entry:
    """Text as text; anything else as base64."""
    try:
        return {"body": value.decode()}
    except UnicodeDecodeError:
        return {"body_base64": base64.b64encode(value).decode()}
