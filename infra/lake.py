"""Lake: events and changes of profiles as Parquet, failed events as JSON, for Athena."""

from __future__ import annotations

import json

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra import runtime_values
from infra.bucket import SealedBucket
from infra.catalogue import Catalogue
from infra.consent import rules as consent_rules
from infra.environment import Environment
from infra.function import PipelineFunction
from infra.intake import IntakeStore
from infra.platform import Platform
from infra.profiles import ProfilesStore
from infra.streams import read_changes, read_events
from infra.watch import errors, iterator_age
from millrace.lake.columns import EVENTS_PREFIX, PROFILE_CHANGES_PREFIX, TABLES
from millrace.settings import LakeChangesSettings, LakeWriteSettings

RESULTS_PREFIX = "athena-results"
RESULTS_DAYS = 7
WINDOW_SECONDS = 300


class LakeStore(Construct):
    """The lake bucket and the catalogue that makes it answer SQL."""

    def __init__(
        self,
        scope: Construct,
        environment: Environment,
        *,
        key: kms.IKey,
        access_logs: s3.IBucket,
        failed: s3.IBucket,
    ) -> None:
        super().__init__(scope, "Lake")
        self.bucket = SealedBucket(
            self,
            "Bucket",
            key=key,
            access_logs=access_logs,
            expire_days={
                **{f"{table.prefix}/": environment.retention.lake_days for table in TABLES},
                f"{RESULTS_PREFIX}/": RESULTS_DAYS,
            },
        )
        self.catalogue = Catalogue(
            self,
            stage=environment.stage,
            key=key,
            tables={table.name: self.bucket.s3_url_for_object(table.prefix) for table in TABLES},
            failed_events=failed.s3_url_for_object("failed_events"),
            results=self.bucket.s3_url_for_object(RESULTS_PREFIX),
        )


class Lake(Construct):
    """functions/lake/write on the events stream, functions/lake/changes on that of profiles."""

    def __init__(
        self,
        scope: Construct,
        platform: Platform,
        *,
        store: LakeStore,
        intake: IntakeStore,
        profiles: ProfilesStore,
    ) -> None:
        super().__init__(scope, "Lake")
        self.write = self._write(platform, store, intake)
        self.changes = self._changes(platform, store, intake, profiles)
        late = platform.environment.alarms.iterator_age_minutes + WINDOW_SECONDS // 60
        self.watches = [
            watch
            for function in (self.write, self.changes)
            for watch in (iterator_age(function, late), errors(function))
        ]
        self._outputs(store, profiles, platform.environment)

    def _write(self, platform: Platform, store: LakeStore, intake: IntakeStore) -> PipelineFunction:
        environment = platform.environment
        write = PipelineFunction(
            self,
            "lake/write",
            platform=platform,
            settings=LakeWriteSettings(
                stage=environment.stage,
                subjects_table=platform.subjects.table_name,
                key_arn=platform.key.key_arn,
                lake_bucket=store.bucket.bucket_name,
                consent=consent_rules(environment),
            ),
            layers=("core", "vendor", "arrow"),
            timeout_seconds=300,
            memory_mb=1769,
        )
        write.put_objects(
            store.bucket,
            EVENTS_PREFIX,
            because="One Parquet file per batch, named by day, hour and content",
        )
        write.use_vault()
        write.use_subjects("BatchGetItem", "PutItem")
        read_events(
            write, intake.events, intake.parked, batch=10_000, window_seconds=WINDOW_SECONDS
        )
        return write

    def _changes(
        self,
        platform: Platform,
        store: LakeStore,
        intake: IntakeStore,
        profiles: ProfilesStore,
    ) -> PipelineFunction:
        environment = platform.environment
        changes = PipelineFunction(
            self,
            "lake/changes",
            platform=platform,
            settings=LakeChangesSettings(
                stage=environment.stage,
                subjects_table=platform.subjects.table_name,
                key_arn=platform.key.key_arn,
                lake_bucket=store.bucket.bucket_name,
                source_priorities=runtime_values.source_priorities(environment),
                trait_policies=runtime_values.trait_policies(environment),
                behaviour=runtime_values.behaviour(environment),
            ),
            layers=("core", "vendor", "arrow"),
            timeout_seconds=300,
            memory_mb=1769,
        )
        changes.put_objects(
            store.bucket,
            PROFILE_CHANGES_PREFIX,
            because="One Parquet file per batch, named by day, hour and content",
        )
        changes.use_vault()
        changes.use_subjects("BatchGetItem", "PutItem")
        read_changes(
            changes, profiles.table, intake.parked, batch=10_000, window_seconds=WINDOW_SECONDS
        )
        return changes

    def _outputs(self, store: LakeStore, profiles: ProfilesStore, environment: Environment) -> None:
        """What `millrace profile` asks the stack for."""
        for name, value in {
            "ProfilesTable": profiles.table.table_name,
            "SourcePriorities": json.dumps(runtime_values.source_priorities(environment)),
            "TraitPolicies": json.dumps(runtime_values.trait_policies(environment)),
            "LakeBucket": store.bucket.bucket_name,
            "LakeDatabase": store.catalogue.name,
            "WorkGroup": store.catalogue.work_group.name,
        }.items():
            cdk.CfnOutput(self, name, value=value).override_logical_id(name)
