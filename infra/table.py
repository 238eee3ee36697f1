"""SealedTable: the one way to make a DynamoDB table."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from constructs import Construct


class SealedTable(dynamodb.Table):
    """On demand, under the project's key, recoverable to any second; no deploy can delete it.

    The key is `pk`, and `sk` where asked for; items go at the time in `expires`. `Table`, not
    `TableV2`: moto knows no global table.
    """

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        key: kms.IKey,
        has_sort_key: bool = False,
        stream: dynamodb.StreamViewType | None = None,
        expires: str | None = None,
    ) -> None:
        text = dynamodb.AttributeType.STRING
        super().__init__(
            scope,
            name,
            partition_key=dynamodb.Attribute(name="pk", type=text),
            sort_key=dynamodb.Attribute(name="sk", type=text) if has_sort_key else None,
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
            encryption_key=key,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            deletion_protection=True,
            removal_policy=cdk.RemovalPolicy.RETAIN,
            stream=stream,
            time_to_live_attribute=expires,
        )
