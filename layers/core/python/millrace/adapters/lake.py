"""Lake files as zstd Parquet in S3."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from botocore.exceptions import BotoCoreError, ClientError

from millrace.adapters.client_errors import code_of
from millrace.errors import NeedsHuman, RetryLater
from millrace.lake.columns import Table
from millrace.lake.kinds import Kind, read_kind
from millrace.lake.model import ChangeRow, Row

_ARROW = {
    "string": pa.string(),
    "bigint": pa.int64(),
    "timestamp": pa.timestamp("ms"),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "binary": pa.binary(),
}
_REPEATED = {"source", "type", "event", "currency", "change", "name", "operator"}
"""Columns with few values in a file: those are written as dictionaries."""
_REFUSED = {"AccessDenied", "NoSuchBucket", "KMS.DisabledException", "KMS.NotFoundException"}


def arrow_type(kind: Kind) -> pa.DataType:
    """What Parquet gets for a Glue type."""
    if kind.name == "array":
        return pa.list_(arrow_type(kind.parts[0][1]))
    if kind.name == "struct":
        return pa.struct([(name, arrow_type(part)) for name, part in kind.parts])
    return _ARROW[kind.name]


@functools.cache
def schema_of(table: Table) -> pa.Schema:
    """The columns of `table` as Arrow has them."""
    return pa.schema([(name, arrow_type(read_kind(kind))) for name, kind in table.columns])


def to_parquet(rows: Sequence[Row] | Sequence[ChangeRow], table: Table) -> bytes:
    """One Parquet file; times are UTC without a zone, as Glue and DuckDB have them."""
    schema = schema_of(table)
    content = pa.table(
        {name: [getattr(row, name) for row in rows] for name in schema.names}, schema=schema
    )
    sink = pa.BufferOutputStream()
    repeated = [name for name in schema.names if name in _REPEATED]
    pq.write_table(content, sink, compression="zstd", use_dictionary=repeated)
    return bytes(sink.getvalue())


class S3Lake:
    """`LakeWriter` over one bucket."""

    def __init__(self, *, bucket: str, s3: Any) -> None:
        self._bucket = bucket
        self._s3 = s3

    def write(self, key: str, rows: Sequence[Row] | Sequence[ChangeRow], table: Table) -> None:
        body = to_parquet(rows, table)
        try:
            self._s3.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=body,
                ContentType="application/vnd.apache.parquet",
            )
        except ClientError as error:
            code = code_of(error)
            if code in _REFUSED:
                raise NeedsHuman("lake_refused", f"the lake bucket refused: {code}") from error
            raise RetryLater("lake_unavailable", f"the lake bucket answered {code}") from error
        except BotoCoreError as error:
            raise RetryLater("lake_unavailable", "the lake bucket cannot be reached") from error
