"""Retention: the function that empties people without events and removes withdrawn data."""

from __future__ import annotations

import json

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from infra.activation import ActivationStore
from infra.consent import rules
from infra.erasure import Erasure
from infra.function import PipelineFunction
from infra.platform import Platform
from infra.profiles import ProfilesStore
from infra.runtime_values import identifiers, retention_terms
from infra.schedule import every_day
from infra.watch import errors
from millrace.settings import PrivacyRetainSettings

TIMEOUT_SECONDS = 900


class Retention(Construct):
    """functions/privacy/retain: buckets forget by their own rules, tables by this."""

    def __init__(
        self,
        scope: Construct,
        platform: Platform,
        *,
        profiles: ProfilesStore,
        activation: ActivationStore,
        ledger: dynamodb.ITable,
        erasure: Erasure,
    ) -> None:
        super().__init__(scope, "Retention")
        environment = platform.environment
        self.function = PipelineFunction(
            self,
            "privacy/retain",
            platform=platform,
            settings=PrivacyRetainSettings(
                stage=environment.stage,
                subjects_table=platform.subjects.table_name,
                key_arn=platform.key.key_arn,
                profiles_table=profiles.table.table_name,
                deliveries_table=activation.deliveries.table_name,
                ledger_table=ledger.table_name,
                erasures_table=erasure.table.table_name,
                erasures_queue=erasure.queue.queue_url,
                destination_names=list(environment.destinations),
                profiles_days=environment.retention.profiles_days,
                consent=rules(environment),
                identifiers=identifiers(environment),
            ),
            layers=("core", "vendor"),
            timeout_seconds=TIMEOUT_SECONDS,
            memory_mb=512,
        )
        self._allow(profiles.table, activation.deliveries, ledger)
        self._allow_farewells(erasure)
        every_day(self.function, hour=3, minute=10)
        terms = json.dumps(retention_terms(environment))
        for name, value in {
            "RetainFunction": self.function.function_name,
            "RetentionTerms": terms,
        }.items():
            cdk.CfnOutput(self, name, value=value).override_logical_id(name)
        self.watches = [errors(self.function)]

    def _allow(
        self, profiles: dynamodb.ITable, deliveries: dynamodb.ITable, ledger: dynamodb.ITable
    ) -> None:
        rows = ("BatchGetItem", "BatchWriteItem", "PutItem", "Query", "Scan")
        self.function.use_table(profiles, *rows)
        self.function.use_table(deliveries, "BatchGetItem", "BatchWriteItem", "GetItem", "PutItem")
        self.function.use_table(ledger, "Query")
        self.function.use_vault()
        self.function.use_subjects("BatchGetItem")

    def _allow_farewells(self, erasure: Erasure) -> None:
        """Whom destinations are asked to delete stands where erasures do, and is carried out so."""
        self.function.use_table(erasure.table, "PutItem")
        self.function.allow("sqs:SendMessage", on=erasure.queue.queue_arn)
        self.function.use_key("kms:Decrypt", "kms:GenerateDataKey", through="sqs")
