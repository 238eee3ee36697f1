"""Events stream -> lake: one Parquet file for each hour that a batch touches."""

from __future__ import annotations

from functools import partial
from typing import Any

from millrace.adapters.aws import client
from millrace.adapters.lake import S3Lake
from millrace.adapters.subjects import open_subjects
from millrace.adapters.vault import open_vault
from millrace.lake import write_batch
from millrace.privacy.grants import is_grant
from millrace.runtime.function import batch_function, logger_for
from millrace.runtime.kinesis import to_stream_record
from millrace.runtime.metrics import FunctionMetrics
from millrace.settings import LakeWriteSettings

settings = LakeWriteSettings.from_env()
logger = logger_for("lake/write")
dynamodb = client("dynamodb")
vault = open_vault(settings, dynamodb=dynamodb)
subjects = open_subjects(settings, vault=vault, dynamodb=dynamodb)
lake = S3Lake(bucket=settings.lake_bucket, s3=client("s3", read_seconds=10))


@batch_function("lake/write")
def handler(records: list[dict[str, Any]], metrics: FunctionMetrics) -> list[str]:
    """Write the batch, or raise so that all of it comes again."""
    written = write_batch(
        (to_stream_record(record).data for record in records),
        vault=vault,
        subjects=subjects,
        lake=lake,
        grants=partial(is_grant, rules=settings.consent),
        consent=settings.consent,
    )
    metrics.count("LakeRows", written.rows)
    if written.unreadable:
        logger.warning("unreadable records left to profiles/update", records=written.unreadable)
    return []
