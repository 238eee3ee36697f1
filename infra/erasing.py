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
from infra.function import PipelineFunction
from infra.intake import IntakeStore
from infra.platform import Platform
from infra.profiles import ProfilesStore
from millrace.failed.model import PREFIX, REPLAYED_PREFIX
from millrace.settings import PrivacyEraseSettings

TIMEOUT_SECONDS = 150
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
    _remove_failed(erase, holders.intake.failed)
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
        erasures_queue=queue.queue_url,
        ledger_table=holders.ledger.table_name,
        suppressions_table=holders.suppressions.table_name,
        destinations=runtime_values.destinations(platform.environment),
    )


def _remove_failed(erase: PipelineFunction, failed: s3.IBucket) -> None:
    erase.allow("s3:ListBucket", "s3:ListBucketVersions", on=failed.bucket_arn)
    for prefix in (PREFIX, REPLAYED_PREFIX):
        erase.allow("s3:DeleteObjectVersion", "s3:GetObject", on=f"{failed.bucket_arn}/{prefix}/*")
        erase.accept_objects(failed, prefix, "Any failed event may name who is erased")
    erase.use_key("kms:Decrypt", through="s3")


def _consume(erase: PipelineFunction, queue: sqs.IQueue) -> None:
    takes = ("sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage")
    erase.allow(*takes, "sqs:SendMessage", on=queue.queue_arn)
    erase.use_key("kms:Decrypt", "kms:GenerateDataKey", through="sqs")
    mapping = lambda_.CfnEventSourceMapping(
        erase,
        "Wakes",
        function_name=erase.function_name,
        event_source_arn=queue.queue_arn,
        batch_size=1,
        function_response_types=["ReportBatchItemFailures"],
        scaling_config=lambda_.CfnEventSourceMapping.ScalingConfigProperty(maximum_concurrency=5),
    )
    mapping.node.add_dependency(erase.own_role)
