"""The queue of erasures -> everything that holds the person, again and again until it is done."""

from __future__ import annotations

from typing import Any

import millrace_destinations
from millrace.adapters.aws import client
from millrace.adapters.erasing import open_erasing
from millrace.adapters.messages import SqsMessages
from millrace.clock import Deadline
from millrace.erasure.waking import run_all
from millrace.runtime.function import describe_error, logger_for, timed_batch_function
from millrace.runtime.metrics import FunctionMetrics
from millrace.settings import PrivacyEraseSettings

NAME = "privacy/erase"
settings = PrivacyEraseSettings.from_env()
logger = logger_for(NAME)
erasing = open_erasing(settings, millrace_destinations)
queue = SqsMessages(queue_url=settings.erasures_queue, sqs=client("sqs"))


@timed_batch_function(NAME)
def handler(
    records: list[dict[str, Any]], metrics: FunctionMetrics, deadline: Deadline
) -> list[str]:
    """The messages of erasures that have to go on later."""
    return run_all(
        {record["messageId"]: record["body"] for record in records},
        erasing,
        queue,
        lambda error: logger.error("later", **describe_error(error)),
        counts=metrics,
        deadline=deadline,
    )
