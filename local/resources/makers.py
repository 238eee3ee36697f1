"""From resource type to maker; a type that nobody knows is an error, never silence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from local.cloud import Cloud
from local.intrinsics import TemplateError
from local.resources import messaging, records, stores
from local.template import Made, Resource

CloudMaker = Callable[[Cloud, Resource, dict[str, Any]], Made]
MAKERS: dict[str, CloudMaker] = {
    "AWS::DynamoDB::GlobalTable": stores.table,
    "AWS::DynamoDB::Table": stores.table,
    "AWS::KMS::Key": stores.key,
    "AWS::Kinesis::Stream": messaging.stream,
    "AWS::S3::Bucket": stores.bucket,
    "AWS::SNS::Topic": messaging.topic,
    "AWS::SQS::Queue": messaging.queue,
    "AWS::SecretsManager::Secret": stores.secret,
}


class Workshop:
    """Makes resources in one cloud."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def make(self, resource: Resource, properties: dict[str, Any]) -> Made:
        if resource.type in MAKERS:
            return MAKERS[resource.type](self._cloud, resource, properties)
        if resource.type in records.KEPT:
            return records.KEPT[resource.type](resource, properties)
        raise TemplateError(
            f"{resource.name} is an {resource.type}, which the local engine does not know; "
            "teach it in local/resources (a maker, or a record that is only kept)"
        )
