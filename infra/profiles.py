"""Profiles: one table of people, and the function that folds events into them."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra import runtime_values
from infra.consent import rules as consent_rules
from infra.function import PipelineFunction
from infra.intake import IntakeStore
from infra.platform import Platform
from infra.streams import read_events
from infra.table import SealedTable
from infra.taking import keep_failed
from infra.watch import Watch, errors, iterator_age, pipeline_metric
from millrace.settings import ProfilesUpdateSettings


class ProfilesStore(Construct):
    """The `profiles` table; its stream wakes whoever must be told."""

    def __init__(self, scope: Construct, *, key: kms.IKey) -> None:
        super().__init__(scope, "Profiles")
        self.table = SealedTable(
            self,
            "Table",
            key=key,
            has_sort_key=True,
            stream=dynamodb.StreamViewType.NEW_AND_OLD_IMAGES,
        )


class Profiles(Construct):
    """functions/profiles/update on the events stream."""

    def __init__(
        self,
        scope: Construct,
        platform: Platform,
        *,
        store: ProfilesStore,
        intake: IntakeStore,
    ) -> None:
        super().__init__(scope, "Profiles")
        self.update = self._update(platform, store, intake)
        read_events(
            self.update, intake.events, intake.parked, batch=1000, window_seconds=1, lanes=10
        )
        alarms = platform.environment.alarms
        self.watches = [
            iterator_age(self.update, alarms.iterator_age_minutes),
            errors(self.update),
            _freshness(alarms.freshness_minutes),
            _failed_events(alarms.failed_percent),
        ]

    def _update(
        self, platform: Platform, store: ProfilesStore, intake: IntakeStore
    ) -> PipelineFunction:
        environment = platform.environment
        update = PipelineFunction(
            self,
            "profiles/update",
            platform=platform,
            settings=ProfilesUpdateSettings(
                stage=environment.stage,
                subjects_table=platform.subjects.table_name,
                key_arn=platform.key.key_arn,
                profiles_table=store.table.table_name,
                failed_bucket=intake.failed.bucket_name,
                source_priorities=runtime_values.source_priorities(environment),
                trait_policies=runtime_values.trait_policies(environment),
                behaviour=runtime_values.behaviour(environment),
                destination_names=list(environment.destinations),
                identity=runtime_values.identity(environment),
                consent=consent_rules(environment),
            ),
            layers=("core", "vendor"),
            timeout_seconds=60,
            memory_mb=1024,
        )
        update.use_table(
            store.table,
            "BatchGetItem",
            "BatchWriteItem",
            "ConditionCheckItem",
            "PartiQLInsert",
            "PartiQLUpdate",
            "PutItem",
            "Query",
        )
        update.use_vault()
        update.use_subjects("BatchGetItem", "PutItem")
        keep_failed(update, intake.failed)
        return update


def _freshness(minutes: int) -> Watch:
    return Watch(
        runbook="freshness",
        subject="",
        says=f"events are more than {minutes} minutes old when their profile is committed",
        metric=pipeline_metric("FreshnessSeconds", "profiles/update", statistic="Maximum"),
        threshold=minutes * 60,
        periods=2,
    )


def _failed_events(percent: int) -> Watch:
    window = cdk.Duration.minutes(15)
    stages = {
        "intake": pipeline_metric("EventsFailed", "intake/track", period=window),
        "profiles": pipeline_metric("EventsFailed", "profiles/update", period=window),
        "received": pipeline_metric("EventsReceived", "intake/track", period=window),
    }
    return Watch(
        runbook="failed-events",
        subject="",
        says=f"more than {percent} % of the events received in 15 minutes could not be used",
        metric=cloudwatch.MathExpression(
            expression="100 * (FILL(intake, 0) + FILL(profiles, 0)) / received",
            using_metrics=stages,
            period=window,
            label="failed events, % of received",
        ),
        threshold=percent,
    )
