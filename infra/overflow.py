"""The rungs below the stream: a queue, a bucket, and the function that brings events back."""

from __future__ import annotations

from typing import cast

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.bucket import SealedBucket
from infra.environment import Environment
from infra.function import PipelineFunction
from infra.platform import Platform
from infra.watch import Watch, depth, oldest, pipeline_metric
from millrace.intake.overflow import PREFIX
from millrace.settings import IntakeRefillSettings

TIMEOUT_SECONDS = 30
MAX_RECEIVES = 1000
"""SQS's own maximum: an outage of the stream may last for days."""
LATE_MINUTES = 30


class OverflowStore(Construct):
    """Events that the stream did not take, sealed as they would be in it."""

    def __init__(
        self,
        scope: Construct,
        environment: Environment,
        *,
        key: kms.IKey,
        access_logs: s3.IBucket,
    ) -> None:
        super().__init__(scope, "Overflow")
        dead = sqs.Queue(
            self,
            "Dead",
            encryption_master_key=key,
            enforce_ssl=True,
            retention_period=cdk.Duration.days(14),
        )
        self.queue = sqs.Queue(
            self,
            "Queue",
            encryption_master_key=key,
            enforce_ssl=True,
            retention_period=cdk.Duration.days(14),
            max_message_size_bytes=1_048_576,
            visibility_timeout=cdk.Duration.seconds(6 * TIMEOUT_SECONDS),
            dead_letter_queue=sqs.DeadLetterQueue(queue=dead, max_receive_count=MAX_RECEIVES),
        )
        self.bucket = SealedBucket(
            self,
            "Bucket",
            key=key,
            access_logs=access_logs,
            expire_days={"": environment.retention.parked_days},
        )
        tell(self.queue, self.bucket)
        self.watches = [
            late(self.queue.queue_name, subject="late"),
            depth(
                dead.queue_name,
                runbook="overflow",
                subject="dead",
                says=f"events could not be brought back in {MAX_RECEIVES} attempts",
            ),
        ]


def tell(queue: sqs.Queue, bucket: s3.Bucket) -> None:
    """One message for each object that is made in the bucket.

    Set on the bucket itself: the L2 way would need a custom resource.
    """
    queue.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[iam.ServicePrincipal("s3.amazonaws.com")],
            actions=["sqs:SendMessage"],
            resources=[queue.queue_arn],
            conditions={"StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID}},
        )
    )
    resource = cast(s3.CfnBucket, bucket.node.default_child)
    resource.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
        queue_configurations=[
            s3.CfnBucket.QueueConfigurationProperty(
                event="s3:ObjectCreated:*", queue=queue.queue_arn
            )
        ]
    )
    bucket.node.add_dependency(queue)


def late(queue_name: str, *, subject: str) -> Watch:
    """An alarm on events that have waited too long for the stream to take them."""
    return Watch(
        runbook="overflow",
        subject=subject,
        says=f"events have waited {LATE_MINUTES} minutes or more to come to the stream",
        metric=oldest(queue_name),
        threshold=LATE_MINUTES * 60,
    )


def detoured(function: PipelineFunction) -> Watch:
    """An alarm on every detour that the function takes."""
    return Watch(
        runbook="overflow",
        subject=f"used-{function.path.replace('/', '-')}",
        says="the stream did not take events; they wait in the overflow queue or bucket",
        metric=pipeline_metric("EventsDetoured", function.path),
        threshold=0,
    )


def detour(function: PipelineFunction, overflow: OverflowStore) -> None:
    """Let a function write where events wait while the stream does not take them."""
    function.allow("sqs:SendMessage", on=overflow.queue.queue_arn)
    function.use_key("kms:Decrypt", "kms:GenerateDataKey", through="sqs")
    function.put_objects(
        overflow.bucket, PREFIX, because="One object per request, named by day, hour and content"
    )


def refill_function(
    scope: Construct, platform: Platform, *, events: kinesis.IStream, overflow: OverflowStore
) -> PipelineFunction:
    """functions/intake/refill, fed by the queue, which also hears of the bucket's objects."""
    refill = PipelineFunction(
        scope,
        "intake/refill",
        platform=platform,
        settings=IntakeRefillSettings(
            events_stream=events.stream_name,
            overflow_queue=overflow.queue.queue_url,
            overflow_bucket=overflow.bucket.bucket_name,
        ),
        layers=("core", "vendor"),
        timeout_seconds=TIMEOUT_SECONDS,
        memory_mb=512,
    )
    refill.allow("kinesis:PutRecords", on=events.stream_arn)
    refill.use_key("kms:GenerateDataKey", through="kinesis")
    refill.allow(
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "sqs:ReceiveMessage",
        "sqs:SendMessage",
        on=overflow.queue.queue_arn,
    )
    refill.use_key("kms:Decrypt", "kms:GenerateDataKey", through="sqs")
    refill.take_objects(
        overflow.bucket, PREFIX, because="It reads and deletes what the detour named by content"
    )
    mapping = lambda_.CfnEventSourceMapping(
        refill,
        "Overflow",
        function_name=refill.function_name,
        event_source_arn=overflow.queue.queue_arn,
        batch_size=10,
        function_response_types=["ReportBatchItemFailures"],
        scaling_config=lambda_.CfnEventSourceMapping.ScalingConfigProperty(maximum_concurrency=5),
    )
    mapping.node.add_dependency(refill.own_role)
    return refill
