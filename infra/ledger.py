"""The consent ledger: its table, the bucket of its roots, the suppressed, and who writes them."""

from __future__ import annotations

from typing import cast

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra import runtime_values
from infra.bucket import SealedBucket
from infra.consent import rules
from infra.environment import Environment
from infra.function import PipelineFunction
from infra.intake import IntakeStore
from infra.platform import Platform
from infra.schedule import every_day
from infra.secret import ConfiguredSecret
from infra.streams import read_events
from infra.table import SealedTable
from infra.watch import errors, iterator_age
from millrace.adapters.roots import PREFIX
from millrace.settings import PrivacyAttestSettings, PrivacyRecordSettings


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
        ConfiguredSecret(
            self,
            "ConsentKey",
            secret_name=runtime_values.consent_secret(environment.stage),
            purpose="Bearer key of whoever records consent",
            key=key,
        )
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


class Ledger(Construct):
    """functions/privacy/record on the events stream, functions/privacy/attest once a day."""

    def __init__(
        self,
        scope: Construct,
        platform: Platform,
        *,
        table: dynamodb.ITable,
        store: LedgerStore,
        intake: IntakeStore,
    ) -> None:
        super().__init__(scope, "Ledger")
        self._table = table
        self.record = self._record(platform, store)
        read_events(self.record, intake.events, intake.parked, batch=1000, window_seconds=2)
        self.attest = self._attest(platform, store)
        every_day(self.attest, hour=1, minute=30)
        minutes = platform.environment.alarms.iterator_age_minutes
        self.watches = [
            iterator_age(self.record, minutes),
            errors(self.record),
            errors(self.attest),
        ]
        for name, value in {
            "SuppressionsTable": store.suppressions.table_name,
            "RootsBucket": store.roots.bucket_name,
        }.items():
            cdk.CfnOutput(self, name, value=value).override_logical_id(name)

    def _record(self, platform: Platform, store: LedgerStore) -> PipelineFunction:
        record = PipelineFunction(
            self,
            "privacy/record",
            platform=platform,
            settings=PrivacyRecordSettings(
                stage=platform.environment.stage,
                subjects_table=platform.subjects.table_name,
                key_arn=platform.key.key_arn,
                ledger_table=self._table.table_name,
                suppressions_table=store.suppressions.table_name,
                consent=rules(platform.environment),
            ),
            layers=("core", "vendor"),
            timeout_seconds=60,
            memory_mb=512,
        )
        record.use_table(self._table, "PutItem", "Query")  # nothing there changes or goes
        record.use_table(store.suppressions, "UpdateItem")
        record.use_vault()
        return record

    def _attest(self, platform: Platform, store: LedgerStore) -> PipelineFunction:
        attest = PipelineFunction(
            self,
            "privacy/attest",
            platform=platform,
            settings=PrivacyAttestSettings(
                ledger_table=self._table.table_name, roots_bucket=store.roots.bucket_name
            ),
            layers=("core", "vendor"),
            timeout_seconds=300,
            memory_mb=512,
        )
        attest.use_table(self._table, "Query")
        attest.put_objects(store.roots, PREFIX, because="One object a day, named by it")
        attest.allow("s3:ListBucket", "s3:ListBucketVersions", on=store.roots.bucket_arn)
        attest.allow("s3:GetObjectVersion", on=f"{store.roots.bucket_arn}/{PREFIX}/*")
        attest.use_key("kms:Decrypt", through="s3")
        return attest
