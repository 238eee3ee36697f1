"""Privacy: the key that seals everything, and the table of what it wraps."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.table import SealedTable

ENCRYPTS_FOR_ITSELF = (
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)


class PrivacyStore(Construct):
    """The customer-managed key and the `subjects` table."""

    def __init__(self, scope: Construct) -> None:
        super().__init__(scope, "Privacy")
        self.key = kms.Key(
            self,
            "Key",
            description="Millrace: everything at rest, and the wrapping of the vault's keys",
            enable_key_rotation=True,
            pending_window=cdk.Duration.days(30),
            removal_policy=cdk.RemovalPolicy.RETAIN,
        )
        self._let_services_use_the_key()
        self.subjects: dynamodb.ITable = SealedTable(self, "Subjects", key=self.key)

    def _let_services_use_the_key(self) -> None:
        """AWS services that act for themselves, not for a role: logs, notifications, alarms."""
        account = cdk.Aws.ACCOUNT_ID
        groups = f"arn:{cdk.Aws.PARTITION}:logs:{cdk.Aws.REGION}:{account}:log-group:*"
        self.key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal(f"logs.{cdk.Aws.REGION}.amazonaws.com")],
                actions=list(ENCRYPTS_FOR_ITSELF),
                resources=["*"],
                conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}},
            )
        )
        for service in ("s3", "cloudwatch"):
            self.key.add_to_resource_policy(
                iam.PolicyStatement(
                    principals=[iam.ServicePrincipal(f"{service}.amazonaws.com")],
                    actions=["kms:Decrypt", "kms:GenerateDataKey"],
                    resources=["*"],
                    conditions={"StringEquals": {"aws:SourceAccount": account}},
                )
            )
