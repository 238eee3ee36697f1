"""Changes of the profiles table -> lake: who became what, when, and by which event."""

from __future__ import annotations

from typing import Any

from millrace.adapters.aws import client
from millrace.adapters.lake import S3Lake
from millrace.adapters.subjects import open_subjects
from millrace.adapters.vault import open_vault
from millrace.lake import write_changes
from millrace.profiles.rules import read_rules
from millrace.runtime.function import batch_function, logger_for
from millrace.runtime.metrics import FunctionMetrics
from millrace.runtime.row_stream import to_row_change
from millrace.settings import LakeChangesSettings

settings = LakeChangesSettings.from_env()
logger = logger_for("lake/changes")
dynamodb = client("dynamodb")
vault = open_vault(settings, dynamodb=dynamodb)
subjects = open_subjects(settings, vault=vault, dynamodb=dynamodb)
lake = S3Lake(bucket=settings.lake_bucket, s3=client("s3", read_seconds=10))


@batch_function("lake/changes")
def handler(records: list[dict[str, Any]], metrics: FunctionMetrics) -> list[str]:
    """Write the batch, or raise so that all of it comes again."""
    written = write_changes(
        map(to_row_change, records),
        vault=vault,
        subjects=subjects,
        lake=lake,
        rules=read_rules(settings),
    )
    metrics.count("LakeRows", written.rows)
    if written.unreadable:
        logger.warning("rows that the vault does not open", rows=written.unreadable)
    return []
