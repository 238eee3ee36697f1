"""Rotation: the function that replaces keys, and what they sealed."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from infra.bucket import NONCURRENT_DAYS
from infra.environment import Environment
from infra.function import PipelineFunction
from infra.key import VAULT_CONTEXT
from infra.platform import Platform
from infra.profiles import ProfilesStore
from infra.schedule import every_day
from infra.watch import errors
from millrace.settings import PrivacyRotateSettings

TIMEOUT_SECONDS = 900
BACKUP_DAYS = 35
"""Point-in-time recovery of tables."""
QUEUE_DAYS = 14
"""The longest of SQS."""


class Rotation(Construct):
    """functions/privacy/rotate: the only one that wraps the vault's keys anew."""

    def __init__(
        self,
        scope: Construct,
        platform: Platform,
        *,
        profiles: ProfilesStore,
        erasures: dynamodb.ITable,
    ) -> None:
        super().__init__(scope, "Rotation")
        environment = platform.environment
        self.function = PipelineFunction(
            self,
            "privacy/rotate",
            platform=platform,
            settings=PrivacyRotateSettings(
                stage=environment.stage,
                subjects_table=platform.subjects.table_name,
                key_arn=platform.key.key_arn,
                profiles_table=profiles.table.table_name,
                erasures_table=erasures.table_name,
                branch_days=environment.vault.branch_days,
                kept_days=kept_days(environment),
                former_key=environment.vault.former_key,
            ),
            layers=("core", "vendor"),
            timeout_seconds=TIMEOUT_SECONDS,
            memory_mb=512,
        )
        self.function.use_table(profiles.table, "BatchGetItem", "Scan", "UpdateItem")
        self.function.use_table(erasures, "GetItem", "PutItem", "Query")
        self.function.use_subjects("BatchGetItem", "GetItem", "UpdateItem")
        self.function.allow("dynamodb:Scan", on=platform.subjects.table_arn)
        self.function.use_vault(tag="rotator")
        self._rewrap(platform)
        every_day(self.function, hour=3, minute=40)
        output = cdk.CfnOutput(self, "RotateFunction", value=self.function.function_name)
        output.override_logical_id("RotateFunction")
        self.watches = [errors(self.function)]

    def _rewrap(self, platform: Platform) -> None:
        """Wrap keys of the vault anew: from the key, and the one before it while it is named."""
        stage: dict[str, dict[str, object]] = {
            "StringEquals": {VAULT_CONTEXT: platform.environment.stage}
        }
        key, former = platform.key.key_arn, platform.environment.vault.former_key
        self.function.allow("kms:ReEncryptFrom", "kms:ReEncryptTo", on=key, only=stage)
        if former:
            self.function.allow("kms:ReEncryptFrom", on=former, only=stage)


def kept_days(environment: Environment) -> int:
    """The longest that anything sealed may lie outside of the tables, old versions included.

    A failed event begins its time anew when it is replayed. A record may go by the overflow
    bucket, through the stream and to the parked bucket, and be put back once.
    """
    kept = environment.retention
    stream_days = -(-kept.stream_hours // 24)
    detours = QUEUE_DAYS + kept.parked_days + 2 * stream_days + kept.parked_days
    return max(BACKUP_DAYS, detours, 2 * kept.failed_events_days) + NONCURRENT_DAYS
