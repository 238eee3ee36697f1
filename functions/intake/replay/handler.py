"""Failed events -> events stream: a batch of keys, from `millrace failed replay` or its map."""

from __future__ import annotations

from time import sleep
from typing import Any

import msgspec

import millrace_sources.webhooks
from millrace.adapters.aws import client
from millrace.adapters.clock import SystemClock
from millrace.adapters.doors import identifier_rules, tracking_plan
from millrace.adapters.failed_event_store import S3FailedEventStore
from millrace.adapters.kinesis import KinesisSink
from millrace.adapters.replay_journal import S3ReplayJournal
from millrace.adapters.vault import open_vault
from millrace.failed.ports import ReplayDoors
from millrace.failed.replay import replay
from millrace.failed.task import read_invocation
from millrace.intake.webhooks.configured import configured
from millrace.intake.webhooks.model import WebhookSource
from millrace.registry import discover
from millrace.runtime.function import logger_for, task_function
from millrace.runtime.metrics import FunctionMetrics
from millrace.settings import IntakeReplaySettings

NAME = "intake/replay"
settings = IntakeReplaySettings.from_env()
logger = logger_for(NAME)
vault = open_vault(settings)
webhooks = configured(settings.webhooks, discover(millrace_sources.webhooks, WebhookSource))
doors = ReplayDoors(
    store=S3FailedEventStore(bucket=settings.failed_bucket, s3=client("s3"), vault=vault),
    journal=S3ReplayJournal(bucket=settings.failed_bucket, s3=client("s3")),
    sink=KinesisSink(stream=settings.events_stream, kinesis=client("kinesis", attempts=2)),
    vault=vault,
    clock=SystemClock(),
    sleep=sleep,
    check=tracking_plan(settings.plans),
    rules=identifier_rules(settings.identifiers),
    webhooks={name: source.definition for name, source in webhooks.items()},
)


@task_function(NAME)
def handler(event: dict[str, Any], metrics: FunctionMetrics) -> dict[str, Any]:
    """Replay the batch; the report, counts only."""
    task, keys = read_invocation(event)
    report = replay(keys, task, doors, metrics)
    logger.info("replayed", extra={"job": task.job.id, "is_dry": task.is_dry, **report.counts()})
    found: dict[str, Any] = msgspec.to_builtins(report)
    return found
