"""Erasure: its records, the door that asks for one, and the function that carries it out."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra import runtime_values
from infra.acknowledged import acknowledge
from infra.api import Api
from infra.environment import Environment
from infra.erasing import TIMEOUT_SECONDS, Holders, erase_function
from infra.function import PipelineFunction
from infra.platform import Platform
from infra.schedule import every_hour
from infra.secret import ConfiguredSecret
from infra.table import SealedTable
from infra.watch import Watch, depth, errors, pipeline_metric
from millrace.settings import PrivacyPeopleSettings, PrivacyResumeSettings

ROUTES = ("DELETE /v1/people/{person+}", "GET /v1/erasures/{erasure}")
AGAIN_SECONDS = 6 * TIMEOUT_SECONDS
MAX_RECEIVES = 300


class ErasureStore(Construct):
    """The `erasures` table and the key of who may ask."""

    def __init__(self, scope: Construct, environment: Environment, *, key: kms.IKey) -> None:
        super().__init__(scope, "Erasure")
        self.table: dynamodb.ITable = SealedTable(self, "Table", key=key, has_sort_key=True)
        ConfiguredSecret(
            self,
            "PrivacyKey",
            secret_name=runtime_values.privacy_secret(environment.stage),
            purpose="Bearer key of who asks for erasures",
            key=key,
        )


class Erasure(Construct):
    """functions/privacy/people behind the HTTP API, functions/privacy/erase behind a queue."""

    def __init__(
        self,
        scope: Construct,
        platform: Platform,
        *,
        store: ErasureStore,
        holders: Holders,
        api: Api,
    ) -> None:
        super().__init__(scope, "Erasure")
        self._platform = platform
        self._store = store
        self.table = store.table
        self.dead = self._queue("Dead", None)
        self.queue = self._queue("Wakes", self.dead)
        self.people = self._people(api)
        self.resume = self._resume()
        self.erase = erase_function(self, platform, holders, erasures=store.table, queue=self.queue)
        output(self, "ErasuresTable", store.table.table_name)
        output(self, "ErasuresQueue", self.queue.queue_url)
        self.watches: list[Watch] = [
            errors(self.people),
            errors(self.erase),
            errors(self.resume),
            self._late(platform.environment.alarms.erasure_hours),
            depth(
                self.dead.queue_name,
                runbook="erasures",
                subject="",
                says="an erasure could not be finished in three days",
            ),
        ]

    def _queue(self, name: str, dead: sqs.Queue | None) -> sqs.Queue:
        queue = sqs.Queue(
            self,
            name,
            encryption_master_key=self._platform.key,
            enforce_ssl=True,
            retention_period=cdk.Duration.days(14),
            visibility_timeout=cdk.Duration.seconds(AGAIN_SECONDS),
            dead_letter_queue=sqs.DeadLetterQueue(queue=dead, max_receive_count=MAX_RECEIVES)
            if dead
            else None,
        )
        if dead is None:
            acknowledge(queue, "SQS3", "It is the last stop itself: an alarm looks at its depth.")
        return queue

    def _people(self, api: Api) -> PipelineFunction:
        platform = self._platform
        secret = runtime_values.privacy_secret(platform.environment.stage)
        people = PipelineFunction(
            self,
            "privacy/people",
            platform=platform,
            settings=PrivacyPeopleSettings(
                stage=platform.environment.stage,
                subjects_table=platform.subjects.table_name,
                key_arn=platform.key.key_arn,
                erasures_table=self._store.table.table_name,
                erasures_queue=self.queue.queue_url,
                privacy_secret=secret,
            ),
            layers=("core", "vendor"),
            timeout_seconds=15,
            memory_mb=256,
        )
        people.use_table(self._store.table, "GetItem", "PutItem")
        people.use_vault()
        people.use_secret(secret)
        people.allow("sqs:SendMessage", on=self.queue.queue_arn)
        people.use_key("kms:Decrypt", "kms:GenerateDataKey", through="sqs")
        api.route(people, ROUTES)
        return people

    def _resume(self) -> PipelineFunction:
        """functions/privacy/resume: no lost message holds an erasure up for longer than hours."""
        resume = PipelineFunction(
            self,
            "privacy/resume",
            platform=self._platform,
            settings=PrivacyResumeSettings(
                erasures_table=self._store.table.table_name, erasures_queue=self.queue.queue_url
            ),
            layers=("core", "vendor"),
            timeout_seconds=300,
            memory_mb=256,
        )
        resume.use_table(self._store.table, "GetItem", "Query")
        resume.allow("sqs:SendMessage", on=self.queue.queue_arn)
        resume.use_key("kms:Decrypt", "kms:GenerateDataKey", through="sqs")
        every_hour(resume, minute=20)
        return resume

    def _late(self, hours: int) -> Watch:
        return Watch(
            runbook="erasures",
            subject="late",
            says=f"an erasure that was asked for {hours} hours ago is not done",
            metric=pipeline_metric(
                "ErasureAgeSeconds",
                self.resume.path,
                statistic="Maximum",
                period=cdk.Duration.hours(1),
            ),
            threshold=hours * 3600,
        )


def output(scope: Construct, name: str, value: str) -> None:
    """What `millrace privacy` asks the stack for."""
    cdk.CfnOutput(scope, name, value=value).override_logical_id(name)
