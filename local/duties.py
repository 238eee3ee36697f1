"""What the Lambda service does in a function's name, and so asks of its role."""

from __future__ import annotations

from local.actions import key_needs
from local.functions import FunctionPlan
from local.mapping import MappingPlan
from local.needs import Names, Need
from local.template import ACCOUNT, REGION

READS = {
    "kinesis": (
        "DescribeStream",
        "DescribeStreamSummary",
        "GetRecords",
        "GetShardIterator",
        "ListShards",
    ),
    "dynamodb": ("DescribeStream", "GetRecords", "GetShardIterator"),
    "sqs": ("DeleteMessage", "GetQueueAttributes", "ReceiveMessage"),
}


def logging_needs(plan: FunctionPlan) -> list[Need]:
    """Writing the function's log lines."""
    stream = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{plan.log_group}:log-stream:local"
    return [Need(f"logs:{each}", stream) for each in ("CreateLogStream", "PutLogEvents")]


def mapping_needs(plan: MappingPlan, names: Names) -> list[Need]:
    """Reading the source, and keeping what was given up."""
    needs = [Need(f"{plan.service}:{each}", plan.source_arn) for each in READS[plan.service]]
    if plan.service == "dynamodb":
        needs.append(Need("dynamodb:ListStreams", "*"))
    if ":s3:" in plan.on_failure_arn:
        needs.append(Need("s3:PutObject", f"{plan.on_failure_arn}/aws/lambda/{plan.id}/shard/x"))
        needs.append(Need("s3:ListBucket", plan.on_failure_arn))
    elif ":sqs:" in plan.on_failure_arn:
        needs.append(Need("sqs:SendMessage", plan.on_failure_arn))
    return needs + [
        key
        for need in needs
        for key in key_needs(need.action.partition(":")[0], need.action, need.resource, names)
    ]
