"""What every function needs that takes events: its settings and its rights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_cdk import aws_s3 as s3

from infra import runtime_values
from infra.function import PipelineFunction
from infra.overflow import detour
from infra.platform import Platform
from millrace.failed.model import PREFIX

if TYPE_CHECKING:
    from infra.intake import IntakeStore


def ladder_settings(platform: Platform, store: IntakeStore) -> dict[str, Any]:
    """What `LadderSettings` says of any function that puts new events into the stream."""
    return {
        "stage": platform.environment.stage,
        "subjects_table": platform.subjects.table_name,
        "key_arn": platform.key.key_arn,
        "events_stream": store.events.stream_name,
        "overflow_queue": store.overflow.queue.queue_url,
        "overflow_bucket": store.overflow.bucket.bucket_name,
    }


def intake_settings(platform: Platform, store: IntakeStore) -> dict[str, Any]:
    """What `IntakeSettings` says of any function that takes events."""
    return {
        **ladder_settings(platform, store),
        "failed_bucket": store.failed.bucket_name,
        "plans": runtime_values.plans(platform.environment),
        "identifiers": runtime_values.identifiers(platform.environment),
        "max_events_per_second": platform.environment.tracking.max_events_per_second,
    }


def take_events(function: PipelineFunction, store: IntakeStore) -> None:
    """Let a function put events into the stream, or below it, and keep failed ones."""
    put_events(function, store)
    keep_failed(function, store.failed)


def put_events(function: PipelineFunction, store: IntakeStore) -> None:
    """Let a function put events into the stream, or below it."""
    function.allow("kinesis:PutRecords", on=store.events.stream_arn)
    function.use_key("kms:GenerateDataKey", through="kinesis")
    detour(function, store.overflow)
    function.use_vault()


def keep_failed(function: PipelineFunction, failed: s3.IBucket) -> None:
    """Let a function keep failed events."""
    function.put_objects(
        failed,
        PREFIX,
        because="One object per failed event, named by day, hour and content",
    )
