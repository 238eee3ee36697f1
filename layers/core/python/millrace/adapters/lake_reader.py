"""The lake's Parquet files read straight from S3, by day: the same in AWS and on a laptop.

For one person once in a while. Whole tables are Athena's and DuckDB's business.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from botocore.exceptions import BotoCoreError, ClientError

from millrace.errors import RetryLater
from millrace.lake.columns import Table


class S3LakeReader:
    """`LakeReader` over one bucket, file by file: memory holds one file at a time."""

    def __init__(self, *, bucket: str, s3: Any) -> None:
        self._bucket = bucket
        self._s3 = s3

    def rows(
        self, table: Table, column: str, values: Collection[str], since: int
    ) -> Iterator[Mapping[str, Any]]:
        wanted = sorted(set(values))
        if not wanted:
            return
        names = [name for name, _ in table.columns]
        times = [name for name, kind in table.columns if kind == "timestamp"]
        for key in self._keys(table, since):
            body = pa.BufferReader(self._body(key))
            known = pq.read_schema(body).names
            if column in known:
                found = pq.read_table(
                    body,
                    columns=[name for name in names if name in known],
                    filters=[(column, "in", wanted)],
                )
                yield from (_row(each, times) for each in found.to_pylist())

    def _keys(self, table: Table, since: int) -> Iterator[str]:
        day = datetime.fromtimestamp(since / 1000, UTC)
        place = {
            "Bucket": self._bucket,
            "Prefix": f"{table.prefix}/",
            "StartAfter": f"{table.prefix}/{day:day=%Y-%m-%d}",
        }
        while True:
            page = self._ask(self._s3.list_objects_v2, place)
            for found in page.get("Contents", []):
                if found["Key"].endswith(".parquet"):
                    yield found["Key"]
            if not page.get("IsTruncated"):
                return
            place["ContinuationToken"] = page["NextContinuationToken"]

    def _body(self, key: str) -> bytes:
        answer = self._ask(self._s3.get_object, {"Bucket": self._bucket, "Key": key})
        return bytes(answer["Body"].read())

    def _ask(self, operation: Any, request: Mapping[str, Any]) -> Any:
        try:
            return operation(**request)
        except (ClientError, BotoCoreError) as error:
            raise RetryLater(
                "lake_unavailable", f"the lake bucket did not answer: {type(error).__name__}"
            ) from error


def _row(row: dict[str, Any], times: Collection[str]) -> dict[str, Any]:
    """Times as epoch milliseconds, as they are everywhere else."""
    moments = {name: row[name] for name in times if row.get(name) is not None}
    return row | {
        name: round(moment.replace(tzinfo=UTC).timestamp() * 1000)
        for name, moment in moments.items()
    }
