"""The way back from the overflow queue and the overflow bucket into the events stream."""

from __future__ import annotations

from typing import Any

from millrace.adapters.aws import LazyClient, client
from millrace.adapters.kinesis import KinesisSink
from millrace.adapters.overflow import S3OverflowObjects, SqsOverflow
from millrace.intake.refill import Message, refill
from millrace.runtime.function import batch_function, describe_error, logger_for
from millrace.runtime.metrics import FunctionMetrics
from millrace.settings import IntakeRefillSettings

NAME = "intake/refill"
settings = IntakeRefillSettings.from_env()
logger = logger_for(NAME)
sink = KinesisSink(stream=settings.events_stream, kinesis=client("kinesis"), patience_seconds=10)
overflow = SqsOverflow(queue_url=settings.overflow_queue, sqs=client("sqs"))
objects = S3OverflowObjects(bucket=settings.overflow_bucket, s3=LazyClient("s3"))


@batch_function(NAME)
def handler(records: list[dict[str, Any]], metrics: FunctionMetrics) -> list[str]:
    done = refill(
        [Message(message_id=record["messageId"], body=record["body"]) for record in records],
        sink=sink,
        overflow=overflow,
        objects=objects,
        report=lambda error: logger.warning("not refilled yet", **describe_error(error)),
    )
    metrics.count("EventsRefilled", done.events)
    return done.retry
