"""Messages of vendors that come by a queue of ours instead of HTTP: Amazon SES."""

from __future__ import annotations

from typing import Any

import millrace_sources.webhooks
from millrace.adapters.doors import open_doors
from millrace.intake.webhooks.configured import configured
from millrace.intake.webhooks.model import WebhookSource
from millrace.intake.webhooks.receiving import queue_doors, receive
from millrace.registry import discover
from millrace.runtime.detours import detour_counter
from millrace.runtime.function import batch_function, describe_error, logger_for
from millrace.runtime.metrics import FunctionMetrics
from millrace.runtime.source_queue import to_queue_messages
from millrace.settings import IntakeReceiveSettings

NAME = "intake/receive"
settings = IntakeReceiveSettings.from_env()
logger = logger_for(NAME)
doors = queue_doors(
    open_doors(
        settings,
        report=lambda error: logger.warning("not taken yet", **describe_error(error)),
        note=detour_counter(NAME),
    ),
    sources=configured(settings.webhooks, discover(millrace_sources.webhooks, WebhookSource)),
    queues=settings.source_queues,
)


@batch_function(NAME)
def handler(records: list[dict[str, Any]], metrics: FunctionMetrics) -> list[str]:
    return receive(to_queue_messages(records), doors, metrics)
