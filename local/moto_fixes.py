"""Where moto is slow or not made for threads; its answers stay the same.

Moto 5.2.5 is pinned. `tests/local/test_moto_fixes.py` holds these against moto's own behaviour.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable
from typing import Any

import moto.dynamodb.models
import moto.kinesis.models
import moto.s3.models
import moto.sqs.models
from moto.core.botocore_stubber import BotocoreStubber
from moto.core.utils import unix_time, unix_time_millis
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table
from moto.s3.models import FakeKey, S3Backend

from local.moto_statements import statements_fix

Patch = tuple[Any, str, Any]
MOST_VERSIONS = 1000


def fixes() -> list[Patch]:
    """What to replace, as (owner, attribute, value)."""
    return [
        (moto.kinesis.models.Shard, "get_max_sequence_number", _last_sequence_number),
        (
            moto.sqs.models.SQSBackend,
            "is_message_valid_based_on_retention_period",
            _is_within_retention,
        ),
        (moto.dynamodb.models, "copy", _CopyButTables),
        (BotocoreStubber, "process_request", _one_at_a_time(BotocoreStubber.process_request)),
        (DynamoDBBackend, "transact_write_items", _transact(DynamoDBBackend.transact_write_items)),
        (moto.s3.models, "copy", _CopyButVersions),
        (S3Backend, "list_object_versions", _after(S3Backend.list_object_versions)),
        statements_fix(),
    ]


def _one_at_a_time(original: Callable[..., Any]) -> Callable[..., Any]:
    """Handlers may use threads of their own; moto's state is not locked."""
    lock = threading.RLock()

    def process_request(stubber: Any, request: Any) -> Any:
        with lock:
            return original(stubber, request)

    return process_request


def _last_sequence_number(shard: Any) -> int:
    """Moto copies all keys of the shard to find the last one: 1 ms a record at 50,000.

    It numbers from 1 and drops none. To iterate fails where another thread puts at that moment.
    """
    return len(shard.records)


def _is_within_retention(backend: Any, queue_name: str, message: Any) -> bool:
    """Moto counts the whole queue for each message that it hands out."""
    seconds = backend.get_queue(queue_name).message_retention_period
    return bool(int(seconds) + message.sent_timestamp / 1000 > unix_time())


def _after(original: Callable[..., Any]) -> Callable[..., Any]:
    """Moto begins one version too late where the key of the marker is gone meanwhile."""

    def list_object_versions(
        backend: Any, bucket_name: str, key_marker: str | None = None, **more: Any
    ) -> Any:
        if not key_marker or more.get("version_id_marker"):
            return original(backend, bucket_name, key_marker=key_marker, **more)
        most = more.pop("max_keys", None) or MOST_VERSIONS
        versions, prefixes, markers, *_ = original(backend, bucket_name, max_keys=None, **more)
        later = [each for each in (*versions, *markers) if each.name > key_marker]
        later.sort(key=lambda each: (each.name, -unix_time_millis(each.last_modified)))
        page = later[:most]
        last = page[-1] if len(later) > most else None
        return (
            [each for each in page if isinstance(each, FakeKey)],
            prefixes,
            [each for each in page if not isinstance(each, FakeKey)],
            last and last.name,
            last and last.version_id,
        )

    return list_object_versions


class _CopyButVersions:
    """`copy` for moto's buckets: to list a page it copies every version, bodies included.

    It only writes into them which are the latest, and that anew each time.
    """

    copy = staticmethod(copy.copy)

    @staticmethod
    def deepcopy(value: Any) -> Any:
        return value


class _CopyButTables:
    """`copy` for moto's tables: a transaction need not copy whole tables, see `_transact`."""

    copy = staticmethod(copy.copy)

    @staticmethod
    def deepcopy(value: Any) -> Any:
        return value if isinstance(value, Table) else copy.deepcopy(value)


def _transact(original: Callable[..., None]) -> Callable[..., None]:
    """Moto copies every item of every table involved: 150 ms a call at 4,000 items.

    Only the rows that the transaction names can change, and what it adds to the streams.
    """

    def transact_write_items(backend: Any, transact_items: list[dict[str, Any]]) -> None:
        rows = [row for item in transact_items if (row := _row(backend, item))]
        kept = [(*row, copy.deepcopy(row[0].get_item(*row[1:]))) for row in rows]
        streams = [(t.stream_shard, len(t.stream_shard.items)) for t, *_ in rows if t.stream_shard]
        try:
            original(backend, transact_items)
        except BaseException:
            for table, hash_key, range_key, item in kept:
                _restore(table, hash_key, range_key, item)
            for shard, length in streams:
                del shard.items[length:]
            raise

    return transact_write_items


def _row(backend: Any, item: dict[str, Any]) -> tuple[Any, DynamoType, DynamoType | None] | None:
    """The table and keys that one part of a transaction names; None when moto will refuse it."""
    ((_, action), *_) = item.items()
    table = backend.tables.get(action.get("TableName"))
    key = action.get("Key") or action.get("Item") or {}
    wanted = {table.hash_key_attr, table.range_key_attr} - {None} if table else set()
    if table is None or not wanted <= key.keys():
        return None
    range_value = key[table.range_key_attr] if table.range_key_attr else None
    hash_key = DynamoType(key[table.hash_key_attr])
    return table, hash_key, DynamoType(range_value) if range_value else None


def _restore(table: Any, hash_key: DynamoType, range_key: DynamoType | None, item: Any) -> None:
    if range_key is None:
        rows, name = table.items, hash_key
    else:
        rows, name = table.items[hash_key], range_key
    if item is None:
        rows.pop(name, None)
        if range_key is not None and not rows:
            table.items.pop(hash_key, None)
    else:
        rows[name] = item
