"""Streams, queues and topics, made in moto."""

from __future__ import annotations

import json
from typing import Any

from local.cloud import Cloud
from local.template import Made, Resource

QUEUE_ATTRIBUTES = (
    "DelaySeconds",
    "FifoQueue",
    "ContentBasedDeduplication",
    "MaximumMessageSize",
    "MessageRetentionPeriod",
    "ReceiveMessageWaitTimeSeconds",
    "VisibilityTimeout",
)


def stream(cloud: Cloud, resource: Resource, properties: dict[str, Any]) -> Made:
    name = properties.get("Name") or f"{resource.stack}-{resource.logical_id}"
    client = cloud.client("kinesis")
    client.create_stream(StreamName=name, ShardCount=int(properties.get("ShardCount", 1)))
    described = client.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
    return Made(ref=name, attributes={"Arn": described["StreamARN"]})


def queue(cloud: Cloud, resource: Resource, properties: dict[str, Any]) -> Made:
    name = properties.get("QueueName") or f"{resource.stack}-{resource.logical_id}"
    attributes = {
        key: str(properties[key]).lower()
        if isinstance(properties[key], bool)
        else str(properties[key])
        for key in QUEUE_ATTRIBUTES
        if key in properties
    }
    if redrive := properties.get("RedrivePolicy"):
        attributes["RedrivePolicy"] = json.dumps(redrive)
    client = cloud.client("sqs")
    url = client.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    described = client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    arn = described["Attributes"]["QueueArn"]
    return Made(ref=url, attributes={"Arn": arn, "QueueName": name, "QueueUrl": url})


def topic(cloud: Cloud, resource: Resource, properties: dict[str, Any]) -> Made:
    name = properties.get("TopicName") or f"{resource.stack}-{resource.logical_id}"
    arn = cloud.client("sns").create_topic(Name=name)["TopicArn"]
    return Made(ref=arn, attributes={"TopicArn": arn, "TopicName": name})
