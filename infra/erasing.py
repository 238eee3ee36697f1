"""functions/privacy/erase: what it may do to everything that holds a person."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra import runtime_values
from infra.activation import ActivationStore
from infra.bucket import NONCURRENT_DAYS
from infra.environment import Environment
from infra.function import PipelineFunction
from infra.intake import IntakeStore
from infra.platform import Platform
from infra.profiles import ProfilesStore
from millrace.erasure.remainders import PARKED
from millrace.failed.model import PREFIX as FAILED
from millrace.failed.model import REPLAYED_PREFIX as REPLAYED
from millrace.intake.overflow import PREFIX as OVERFLOW
from millrace.settings import PrivacyEraseSettings

TIMEOUT_SECONDS = 150
TOGETHER = 10
"""Erasures of one run, which goes through all that is kept of everybody once for all of them."""
QUEUE_HOURS = 14 * 24
"""As long as SQS keeps a message, whichever queue it is moved to."""
BACKUP_HOURS = 35 * 24
"""As far as DynamoDB's point-in-time recovery goes back."""
ROWS = ("BatchGetItem", "DeleteItem", "PutItem", "Query")


@dataclass(frozen=True, kw_only=True)
class Holders:
    """Everything that holds a person, or remembers what was done to them."""

    profiles: ProfilesStore
    activation: ActivationStore
    intake: IntakeStore
    ledger: dynamodb.ITable
    suppressions: dynamodb.ITable


def erase_function(
    scope: Construct,
    platform: Platform,
    holders: Holders,
    *,
    erasures: dynamodb.ITable,
    queue: sqs.IQueue,
) -> PipelineFunction:
    """The function behind the queue of erasures."""
    erase = PipelineFunction(
        scope,
        "privacy/erase",
        platform=platform,
        settings=_settings(platform, holders, erasures, queue),
        layers=("core", "destinations", "vendor"),
        timeout_seconds=TIMEOUT_SECONDS,
        memory_mb=512,
    )
    erase.use_table(holders.profiles.table, *ROWS)
    erase.use_table(erasures, "DeleteItem", "GetItem", "PutItem")
    erase.use_table(holders.activation.deliveries, "BatchWriteItem")
    erase.use_table(holders.ledger, "PutItem", "Query")
    erase.use_table(holders.suppressions, "UpdateItem")
    erase.use_vault()
    erase.use_subjects("BatchGetItem", "PutItem")
    _sweep(erase, holders.intake)
    environment = platform.environment
    for name in environment.destinations:
        erase.use_secret(runtime_values.destination_secret(environment.stage, name))
    _consume(erase, queue)
    return erase


def _settings(
    platform: Platform, holders: Holders, erasures: dynamodb.ITable, queue: sqs.IQueue
) -> PrivacyEraseSettings:
    return PrivacyEraseSettings(
        stage=platform.environment.stage,
        subjects_table=platform.subjects.table_name,
        key_arn=platform.key.key_arn,
        erasures_table=erasures.table_name,
        profiles_table=holders.profiles.table.table_name,
        deliveries_table=holders.activation.deliveries.table_name,
        failed_bucket=holders.intake.failed.bucket_name,
        parked_bucket=holders.intake.parked.bucket_name,
        overflow_bucket=holders.intake.overflow.bucket.bucket_name,
        remains_hours=remains_hours(platform.environment),
        erasures_queue=queue.queue_url,
        ledger_table=holders.ledger.table_name,
        suppressions_table=holders.suppressions.table_name,
        destinations=runtime_values.destinations(platform.environment),
        identifiers=runtime_values.identifiers(platform.environment),
    )


def remains_hours(environment: Environment) -> dict[str, int]:
    """How long after an erasure something of it is left at most, where nobody edits.

    A message may wait in its source's queue, then an event of it in the overflow queue, each as
    long as SQS keeps it, then in the stream, and be parked from there in the end.
    """
    keep = environment.retention
    has_queue = any(source.queue for source in environment.sources.values())
    received = {"source_queues": QUEUE_HOURS} if has_queue else {}
    overflow = QUEUE_HOURS + received.get("source_queues", 0)
    stream = overflow + keep.stream_hours
    old = 24 * NONCURRENT_DAYS
    return received | {
        "overflow_queue": overflow,
        "events_stream": stream,
        "parked": stream + 24 * keep.parked_days + old,
        "erasures": BACKUP_HOURS,
        "lake": 24 * keep.lake_days + old,
        "backups": BACKUP_HOURS,
    }


def _sweep(erase: PipelineFunction, intake: IntakeStore) -> None:
    """Let it list and read every version, delete it, and write anew what others share."""
    deletes = "Any failed event may name who is erased"
    for prefix in (FAILED, REPLAYED):
        _take_versions(erase, intake.failed, prefix, deletes)
    rewrites = "Any batch of events may hold one of who is erased"
    for bucket, prefix in ((intake.overflow.bucket, OVERFLOW), (intake.parked, PARKED)):
        _take_versions(erase, bucket, prefix, rewrites)
        erase.put_objects(bucket, prefix, because=rewrites)
        # S3 wants it of who writes under the condition that an object is as it was
        erase.allow("s3:GetObject", on=f"{bucket.bucket_arn}/{prefix}/*")
    for bucket in (intake.failed, intake.overflow.bucket, intake.parked):
        erase.allow("s3:ListBucketVersions", on=bucket.bucket_arn)
    erase.use_key("kms:Decrypt", through="s3")


def _take_versions(erase: PipelineFunction, bucket: s3.IBucket, prefix: str, because: str) -> None:
    takes = ("s3:DeleteObjectVersion", "s3:GetObjectVersion")
    erase.allow(*takes, on=f"{bucket.bucket_arn}/{prefix}/*")
    erase.accept_objects(bucket, prefix, because)


def _consume(erase: PipelineFunction, queue: sqs.IQueue) -> None:
    takes = ("sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage")
    erase.allow(*takes, "sqs:SendMessage", on=queue.queue_arn)
    erase.use_key("kms:Decrypt", "kms:GenerateDataKey", through="sqs")
    mapping = lambda_.CfnEventSourceMapping(
        erase,
        "Wakes",
        function_name=erase.function_name,
        event_source_arn=queue.queue_arn,
        batch_size=TOGETHER,
        function_response_types=["ReportBatchItemFailures"],
        scaling_config=lambda_.CfnEventSourceMapping.ScalingConfigProperty(maximum_concurrency=5),
    )
    mapping.node.add_dependency(erase.own_role)
