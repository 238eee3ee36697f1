"""Lake -> events stream: some events of one file, from `millrace lake replay`."""

from __future__ import annotations

from time import sleep
from typing import Any

import msgspec

from millrace.adapters.aws import client
from millrace.adapters.kinesis import KinesisSink
from millrace.adapters.lake_files import S3LakeFiles
from millrace.adapters.pseudonyms import DynamoPseudonyms
from millrace.adapters.subjects import open_subjects
from millrace.adapters.vault import open_vault
from millrace.lake.replaying import ReplayDoors, read_task, replay
from millrace.runtime.function import logger_for, task_function
from millrace.runtime.metrics import FunctionMetrics
from millrace.settings import LakeReplaySettings

NAME = "lake/replay"
settings = LakeReplaySettings.from_env()
logger = logger_for(NAME)
dynamodb = client("dynamodb")
vault = open_vault(settings, dynamodb=dynamodb)
doors = ReplayDoors(
    lake=S3LakeFiles(bucket=settings.lake_bucket, s3=client("s3", read_seconds=10)),
    pseudonyms=DynamoPseudonyms(
        table=settings.subjects_table,
        dynamodb=dynamodb,
        subjects=open_subjects(settings, vault=vault, dynamodb=dynamodb),
        threads=8,
    ),
    sink=KinesisSink(stream=settings.events_stream, kinesis=client("kinesis", attempts=2)),
    vault=vault,
    sleep=sleep,
)


@task_function(NAME)
def handler(event: dict[str, Any], metrics: FunctionMetrics) -> dict[str, Any]:
    """Replay the task; the report, counts only."""
    task = read_task(event)
    report = replay(task, doors, metrics)
    logger.info("replayed", extra={"is_dry": task.is_dry, **report.counts()})
    found: dict[str, Any] = msgspec.to_builtins(report)
    return found
