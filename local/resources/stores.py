"""Keys, tables, buckets and secrets, made in moto."""

from __future__ import annotations

from typing import Any

from moto.s3.models import NotificationConfiguration

from local.cloud import Cloud
from local.intrinsics import TemplateError
from local.template import REGION, Made, Resource


def key(cloud: Cloud, _: Resource, properties: dict[str, Any]) -> Made:
    made = cloud.client("kms").create_key(
        KeyUsage=properties.get("KeyUsage", "ENCRYPT_DECRYPT"),
        KeySpec=properties.get("KeySpec", "SYMMETRIC_DEFAULT"),
    )["KeyMetadata"]
    return Made(ref=made["KeyId"], attributes={"Arn": made["Arn"], "KeyId": made["KeyId"]})


def table(cloud: Cloud, resource: Resource, properties: dict[str, Any]) -> Made:
    """A table on demand; its stream where the template has one."""
    name = properties.get("TableName") or f"{resource.stack}-{resource.logical_id}"
    request: dict[str, Any] = {
        "TableName": name,
        "KeySchema": properties["KeySchema"],
        "AttributeDefinitions": properties["AttributeDefinitions"],
        "BillingMode": "PAY_PER_REQUEST",
    }
    for index_kind in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
        if indexes := properties.get(index_kind):
            wanted = ("IndexName", "KeySchema", "Projection")
            request[index_kind] = [{name: index[name] for name in wanted} for index in indexes]
    if stream := properties.get("StreamSpecification"):
        view = stream["StreamViewType"]
        request["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": view}
    made = cloud.client("dynamodb").create_table(**request)["TableDescription"]
    attributes = {"Arn": made["TableArn"], "TableId": name}
    if stream:
        attributes["StreamArn"] = made["LatestStreamArn"]
    return Made(ref=name, attributes=attributes)


def bucket(cloud: Cloud, resource: Resource, properties: dict[str, Any]) -> Made:
    name = properties.get("BucketName") or f"{resource.stack}-{resource.logical_id}".lower()[:63]
    client = cloud.client("s3")
    is_locked = bool(properties.get("ObjectLockEnabled"))
    client.create_bucket(Bucket=name, ObjectLockEnabledForBucket=is_locked)
    if lock := properties.get("ObjectLockConfiguration"):
        client.put_object_lock_configuration(Bucket=name, ObjectLockConfiguration=lock)
    if status := properties.get("VersioningConfiguration", {}).get("Status"):
        client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": status})
    _tell(cloud, name, properties.get("NotificationConfiguration", {}))
    domain = f"{name}.s3.amazonaws.com"
    attributes = {
        "Arn": f"arn:aws:s3:::{name}",
        "DomainName": domain,
        "RegionalDomainName": f"{name}.s3.{REGION}.amazonaws.com",
    }
    return Made(ref=name, attributes=attributes)


def _tell(cloud: Cloud, bucket: str, properties: dict[str, Any]) -> None:
    """Messages to queues of new objects; without the test event that S3 sends once at first."""
    if unknown := set(properties) - {"QueueConfigurations"}:
        raise TemplateError(f"bucket {bucket}: notifications to {sorted(unknown)} are not played")
    told = [
        {"Queue": each["Queue"], "Event": [each["Event"]], "Id": f"{bucket}-{number}"}
        for number, each in enumerate(properties.get("QueueConfigurations", []))
    ]
    cloud.backend("s3").buckets[bucket].notification_configuration = NotificationConfiguration(
        queue=told
    )


def secret(cloud: Cloud, resource: Resource, properties: dict[str, Any]) -> Made:
    """A secret that holds nothing yet; the engine gives it its value (local/keys.py)."""
    name = properties.get("Name") or f"{resource.stack}-{resource.logical_id}"
    made = cloud.client("secretsmanager").create_secret(Name=name, SecretString="{}")
    return Made(ref=made["ARN"], attributes={"Id": made["ARN"], "Arn": made["ARN"], "Name": name})
