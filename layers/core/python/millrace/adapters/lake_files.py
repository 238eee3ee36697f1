"""The lake's files of events, listed by hour and read one by one: what a replay needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
from botocore.exceptions import BotoCoreError, ClientError

from millrace.adapters.client_errors import code_of
from millrace.errors import GiveUp, RetryLater
from millrace.lake.columns import EVENTS
from millrace.lake.files import hour_of
from millrace.lake.ports import StoredEvent

_GONE = {"NoSuchKey", "404"}
_COLUMNS = list(StoredEvent.__struct_fields__)


class S3LakeFiles:
    """`LakeFiles` over one bucket."""

    def __init__(self, *, bucket: str, s3: Any) -> None:
        self._bucket = bucket
        self._s3 = s3

    def keys(self, since: int | None, until: int | None) -> list[str]:
        first = _folder(since) if since is not None else f"{EVENTS.prefix}/"
        last = _folder(until - 1) if until is not None else ""
        found = []
        for entry in self._listed(first):
            hour = entry["Key"].rpartition("/")[0]
            if not last or hour <= last:
                found.append((hour, entry["LastModified"], entry["Key"]))
        return [key for _, _, key in sorted(found)]

    def read(self, key: str) -> Sequence[StoredEvent] | None:
        try:
            body = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except ClientError as error:
            if code_of(error) in _GONE:
                return None
            raise _unavailable(error) from error
        except BotoCoreError as error:
            raise _unavailable(error) from error
        return _rows(bytes(body))

    def _listed(self, first: str) -> Iterator[dict[str, Any]]:
        pages = self._s3.get_paginator("list_objects_v2")
        try:
            for page in pages.paginate(
                Bucket=self._bucket, Prefix=f"{EVENTS.prefix}/", StartAfter=first
            ):
                for entry in page.get("Contents", []):
                    if entry["Key"].endswith(".parquet"):
                        yield entry
        except (ClientError, BotoCoreError) as error:
            raise _unavailable(error) from error


def _folder(moment: int) -> str:
    return f"{EVENTS.prefix}/{hour_of(moment)}"


def _rows(body: bytes) -> list[StoredEvent]:
    try:
        table = pq.read_table(pa.BufferReader(body), columns=_COLUMNS)
        found = table.to_pylist()
        return [msgspec.convert(_plain(row), StoredEvent) for row in found]
    except (pa.ArrowException, OSError, msgspec.ValidationError, LookupError) as error:
        raise GiveUp("unreadable_file", "a file of `events` holds no events of ours") from error


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    moment = row["received_at"].replace(tzinfo=UTC)
    return row | {"received_at": round(moment.timestamp() * 1000)}


def _unavailable(error: Exception) -> RetryLater:
    return RetryLater("lake_unavailable", f"the lake bucket did not answer: {type(error).__name__}")
