"""Event source mappings of streams, and the rights their pollers need."""

from __future__ import annotations

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs

from infra.function import PipelineFunction

RETRIES = 50
MAX_AGE_SECONDS = 24 * 3600
CHANGE_MAX_AGE_SECONDS = 20 * 3600
"""A table's stream forgets after 24 hours: what is as old as this is parked while it is there."""


def read_events(
    function: PipelineFunction,
    stream: kinesis.IStream,
    parked: s3.IBucket,
    *,
    batch: int,
    window_seconds: int,
    lanes: int = 1,
) -> None:
    """Feed a function from the events stream; what runs out of retries is parked, whole."""
    function.allow(
        "kinesis:DescribeStream",
        "kinesis:DescribeStreamSummary",
        "kinesis:GetRecords",
        "kinesis:GetShardIterator",
        "kinesis:ListShards",
        "kinesis:ListStreams",
        on=stream.stream_arn,
    )
    function.use_key("kms:Decrypt", through="kinesis")
    _map(
        function,
        "Events",
        source=stream.stream_arn,
        on_failure=_may_park(function, parked),
        batch=batch,
        window_seconds=window_seconds,
        lanes=lanes,
    )


def read_changes(
    function: PipelineFunction,
    table: dynamodb.ITable,
    parked: sqs.IQueue | s3.IBucket,
    *,
    batch: int,
    window_seconds: int,
) -> None:
    """Feed a function from a table's stream.

    Of what runs out of retries a queue is told where it was; a bucket gets it whole.
    """
    source = table.table_stream_arn
    if source is None:
        raise ValueError(f"{table.node.path} has no stream")
    function.allow(
        "dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", on=source
    )
    function.allow(
        "dynamodb:ListStreams",
        on="*",
        because="ListStreams knows no resource; Lambda asks for it before it reads a stream",
    )
    function.use_key("kms:Decrypt", through="dynamodb")
    _map(
        function,
        "Changes",
        source=source,
        on_failure=_may_park(function, parked),
        batch=batch,
        window_seconds=window_seconds,
        max_age_seconds=CHANGE_MAX_AGE_SECONDS,
    )


def _may_park(function: PipelineFunction, parked: sqs.IQueue | s3.IBucket) -> str:
    """Let the mapping park there what ran out of retries; the ARN of the place."""
    if hasattr(parked, "queue_arn"):
        function.allow("sqs:SendMessage", on=parked.queue_arn)
        function.use_key("kms:Decrypt", "kms:GenerateDataKey", through="sqs")
        return str(parked.queue_arn)
    function.allow("s3:ListBucket", on=parked.bucket_arn)
    function.put_objects(
        parked,
        "aws/lambda",
        because="Lambda names each parked batch itself, under this prefix",
    )
    return str(parked.bucket_arn)


def _map(
    function: PipelineFunction,
    name: str,
    *,
    source: str,
    on_failure: str,
    batch: int,
    window_seconds: int,
    lanes: int = 1,
    max_age_seconds: int = MAX_AGE_SECONDS,
) -> None:
    mapping = lambda_.CfnEventSourceMapping(
        function,
        name,
        function_name=function.function_name,
        event_source_arn=source,
        starting_position="TRIM_HORIZON",
        batch_size=batch,
        maximum_batching_window_in_seconds=window_seconds,
        parallelization_factor=lanes,
        bisect_batch_on_function_error=True,
        function_response_types=["ReportBatchItemFailures"],
        maximum_retry_attempts=RETRIES,
        maximum_record_age_in_seconds=max_age_seconds,
        destination_config=lambda_.CfnEventSourceMapping.DestinationConfigProperty(
            on_failure=lambda_.CfnEventSourceMapping.OnFailureProperty(destination=on_failure)
        ),
    )
    mapping.node.add_dependency(function.own_role)
