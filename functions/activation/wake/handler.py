"""Changes of the profiles table -> a wake in the queue of each destination that has to know."""

from __future__ import annotations

from typing import Any

from millrace.activation import wake
from millrace.adapters.aws import client
from millrace.adapters.queues import SqsQueues
from millrace.runtime.function import batch_function
from millrace.runtime.metrics import FunctionMetrics
from millrace.runtime.table_stream import to_marks_change
from millrace.settings import ActivationWakeSettings

settings = ActivationWakeSettings.from_env()
queues = SqsQueues(urls=settings.queues, sqs=client("sqs"))


@batch_function("activation/wake")
def handler(records: list[dict[str, Any]], _metrics: FunctionMetrics) -> list[str]:
    """The sequence numbers whose wakes could not be sent."""
    changes = [to_marks_change(record) for record in records]
    return wake(changes, queues, destinations=settings.queues)
