"""Once an hour: erasures that are not done and that nobody works on go on."""

from __future__ import annotations

from typing import Any

import msgspec

from millrace.adapters.aws import client
from millrace.adapters.clock import SystemClock
from millrace.adapters.erasures import DynamoErasures
from millrace.adapters.messages import SqsMessages
from millrace.erasure.resuming import resume
from millrace.runtime.function import logger_for, task_function
from millrace.runtime.metrics import FunctionMetrics
from millrace.settings import PrivacyResumeSettings

NAME = "privacy/resume"
settings = PrivacyResumeSettings.from_env()
logger = logger_for(NAME)
clock = SystemClock()
erasures = DynamoErasures(table=settings.erasures_table, dynamodb=client("dynamodb"))
queue = SqsMessages(queue_url=settings.erasures_queue, sqs=client("sqs"))


@task_function(NAME)
def handler(_event: dict[str, Any], metrics: FunctionMetrics) -> dict[str, Any]:
    """Counts only; asked again at once it sends the same messages again, which does no harm."""
    done = resume(erasures, queue, clock)
    metrics.age_seconds("ErasureAgeSeconds", done.oldest_ms / 1000)
    metrics.count("ErasuresResumed", done.woken)
    found: dict[str, Any] = msgspec.to_builtins(done)
    if done.open:
        logger.info("resumed", extra=found)
    return found
