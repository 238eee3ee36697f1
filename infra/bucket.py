"""SealedBucket: the one way to make a bucket that holds customers' data."""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

NONCURRENT_DAYS = 30


class SealedBucket(s3.Bucket):
    """Private, encrypted under the project's key, TLS only, versioned, logged and retained.

    `expire_days` says after how many days the objects under a prefix go ("" for all of them).
    """

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        key: kms.IKey,
        access_logs: s3.IBucket,
        expire_days: Mapping[str, int],
    ) -> None:
        super().__init__(
            scope,
            name,
            encryption=s3.BucketEncryption.KMS,
            encryption_key=key,
            bucket_key_enabled=True,
            enforce_ssl=True,
            versioned=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            server_access_logs_bucket=access_logs,
            server_access_logs_prefix=f"{scope.node.id}-{name}/".lower(),
            removal_policy=cdk.RemovalPolicy.RETAIN,
            lifecycle_rules=[
                s3.LifecycleRule(
                    prefix=prefix or None,
                    expiration=cdk.Duration.days(days),
                    noncurrent_version_expiration=cdk.Duration.days(NONCURRENT_DAYS),
                    abort_incomplete_multipart_upload_after=cdk.Duration.days(7),
                )
                for prefix, days in expire_days.items()
            ],
        )
