"""Lake files as zstd Parquet in S3."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from botocore.exceptions import BotoCoreError, ClientError

from millrace.errors import NeedsHuman, RetryLater
from millrace.lake.columns import EVENT_COLUMNS
from millrace.lake.model import Row

_ARROW = {
    "string": pa.string(),
    "timestamp": pa.timestamp("ms"),
    "double": pa.float64(),
    "binary": pa.binary(),
}
SCHEMA = pa.schema([(name, _ARROW[glue_type]) for name, glue_type in EVENT_COLUMNS])
_REFUSED = {"AccessDenied", "NoSuchBucket", "KMS.DisabledException", "KMS.NotFoundException"}


def to_parquet(rows: Sequence[Row]) -> bytes:
    """One Parquet file; times are UTC without a zone, as Glue and DuckDB have them."""
    table = pa.table(
        {name: [getattr(row, name) for row in rows] for name in SCHEMA.names}, schema=SCHEMA
    )
    sink = pa.BufferOutputStream()
    pq.write_table(
        table, sink, compression="zstd", use_dictionary=["source", "type", "event", "currency"]
    )
    return bytes(sink.getvalue())


class S3Lake:
    """`LakeWriter` over one bucket."""

    def __init__(self, *, bucket: str, s3: Any) -> None:
        self._bucket = bucket
        self._s3 = s3

    def write(self, key: str, rows: Sequence[Row]) -> None:
        body = to_parquet(rows)
        try:
            self._s3.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=body,
                ContentType="application/vnd.apache.parquet",
            )
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            if code in _REFUSED:
                raise NeedsHuman("lake_refused", f"the lake bucket refused: {code}") from error
            raise RetryLater("lake_unavailable", f"the lake bucket answered {code}") from error
        except BotoCoreError as error:
            raise RetryLater("lake_unavailable", "the lake bucket cannot be reached") from error
