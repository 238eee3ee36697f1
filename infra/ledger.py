"""The consent ledger: its table, the bucket of its roots, and the list of the suppressed."""

from __future__ import annotations

from typing import cast

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.bucket import SealedBucket
from infra.environment import Environment
from infra.table import SealedTable


class LedgerStore(Construct):
    """What proves what people said, and whom nobody may write to; nothing in it names anybody."""

    def __init__(
        self,
        scope: Construct,
        environment: Environment,
        *,
        key: kms.IKey,
        access_logs: s3.IBucket,
    ) -> None:
        super().__init__(scope, "Ledger")
        self.suppressions: dynamodb.ITable = SealedTable(self, "Suppressions", key=key)
        self.roots = SealedBucket(self, "Roots", key=key, access_logs=access_logs, expire_days={})
        _lock(self.roots, environment.retention.ledger_roots_days)


def _lock(bucket: s3.Bucket, days: int) -> None:
    """Object Lock in compliance mode: nobody, not even the account's root, deletes a version."""
    resource = cast("s3.CfnBucket", bucket.node.default_child)
    resource.object_lock_enabled = True
    resource.object_lock_configuration = s3.CfnBucket.ObjectLockConfigurationProperty(
        object_lock_enabled="Enabled",
        rule=s3.CfnBucket.ObjectLockRuleProperty(
            default_retention=s3.CfnBucket.DefaultRetentionProperty(mode="COMPLIANCE", days=days)
        ),
    )
