"""Activation: a queue per destination between the change of a profile and the ESP that is told."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra import runtime_values
from infra.acknowledged import acknowledge
from infra.consent import rules as consent_rules
from infra.environment import Environment
from infra.function import PipelineFunction
from infra.platform import Platform
from infra.profiles import ProfilesStore
from infra.secret import ConfiguredSecret
from infra.streams import read_changes
from infra.table import SealedTable
from infra.watch import Watch, depth, errors, iterator_age, waiting
from millrace.settings import ActivationDeliverSettings, ActivationWakeSettings

TIMEOUT_SECONDS = 120
# SQS's own maximum: every "not now" counts as a receive, and the age alarm pages long before.
MAX_RECEIVES = 1000


class ActivationStore(Construct):
    """What each destination was last told, and its key."""

    def __init__(self, scope: Construct, environment: Environment, *, key: kms.IKey) -> None:
        super().__init__(scope, "Activation")
        self.deliveries = SealedTable(self, "Deliveries", key=key)
        for name in environment.destinations:
            ConfiguredSecret(
                self,
                f"Destination-{name}",
                secret_name=runtime_values.destination_secret(environment.stage, name),
                purpose=f"Key of the destination {name}",
                key=key,
            )


class DestinationQueue(Construct):
    """Who is to be told to one destination, and those it could not be told of."""

    def __init__(self, scope: Construct, name: str, *, stage: str, key: kms.IKey) -> None:
        super().__init__(scope, f"Queue-{name}")
        self.name = name
        dead_name = f"millrace-{stage}-{name}-dead"
        self.dead = sqs.Queue(
            self,
            "Dead",
            queue_name=dead_name,
            encryption_master_key=key,
            enforce_ssl=True,
            retention_period=cdk.Duration.days(14),
        )
        wakes_name = f"millrace-{stage}-{name}"
        self.queue = sqs.Queue(
            self,
            "Wakes",
            queue_name=wakes_name,
            encryption_master_key=key,
            enforce_ssl=True,
            retention_period=cdk.Duration.days(14),
            visibility_timeout=cdk.Duration.seconds(6 * TIMEOUT_SECONDS),
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead, max_receive_count=MAX_RECEIVES),
        )
        self.watches = [
            depth(
                dead_name,
                runbook="dead-letters",
                subject=name,
                says=f"{name} could not be told of a profile in {MAX_RECEIVES} attempts",
            ),
            waiting(wakes_name, subject=name),
        ]


class Activation(Construct):
    """functions/activation/wake fills the queues, functions/activation/deliver empties them."""

    def __init__(
        self,
        scope: Construct,
        platform: Platform,
        *,
        store: ActivationStore,
        profiles: ProfilesStore,
        suppressions: dynamodb.ITable,
    ) -> None:
        super().__init__(scope, "Activation")
        self._platform = platform
        self.queues = [
            DestinationQueue(self, name, stage=platform.environment.stage, key=platform.key)
            for name in platform.environment.destinations
        ]
        self._urls = {each.name: each.queue.queue_url for each in self.queues}
        self.wake = self._wake()
        self.deliver = self._deliver(store, profiles, suppressions)
        parked = self._park(profiles)
        self.watches: list[Watch] = [
            iterator_age(self.wake, platform.environment.alarms.iterator_age_minutes),
            errors(self.wake),
            errors(self.deliver),
            depth(
                parked.queue_name,
                runbook="parked",
                subject="wakes",
                says="changes of profiles ran out of retries before they reached a queue",
            ),
            *(watch for each in self.queues for watch in each.watches),
        ]

    def _wake(self) -> PipelineFunction:
        wake = PipelineFunction(
            self,
            "activation/wake",
            platform=self._platform,
            settings=ActivationWakeSettings(queues=self._urls),
            layers=("core", "vendor"),
            timeout_seconds=60,
            memory_mb=256,
        )
        for each in self.queues:
            wake.allow("sqs:SendMessage", on=each.queue.queue_arn)
        return wake

    def _park(self, profiles: ProfilesStore) -> sqs.Queue:
        parked = sqs.Queue(
            self,
            "ParkedWakes",
            encryption_master_key=self._platform.key,
            enforce_ssl=True,
            retention_period=cdk.Duration.days(14),
        )
        acknowledge(parked, "SQS3", "It is the last stop itself: an alarm looks at its depth.")
        read_changes(self.wake, profiles.table, parked, batch=500, window_seconds=1)
        return parked

    def _deliver(
        self, store: ActivationStore, profiles: ProfilesStore, suppressions: dynamodb.ITable
    ) -> PipelineFunction:
        environment = self._platform.environment
        deliver = PipelineFunction(
            self,
            "activation/deliver",
            platform=self._platform,
            settings=ActivationDeliverSettings(
                stage=environment.stage,
                subjects_table=self._platform.subjects.table_name,
                key_arn=self._platform.key.key_arn,
                profiles_table=profiles.table.table_name,
                deliveries_table=store.deliveries.table_name,
                suppressions_table=suppressions.table_name,
                queues=self._urls,
                source_priorities=runtime_values.source_priorities(environment),
                trait_policies=runtime_values.trait_policies(environment),
                behaviour=runtime_values.behaviour(environment),
                destinations=runtime_values.destinations(environment),
                consent=consent_rules(environment),
            ),
            layers=("core", "destinations", "vendor"),
            timeout_seconds=TIMEOUT_SECONDS,
            memory_mb=512,
        )
        deliver.use_table(profiles.table, "BatchGetItem", "UpdateItem")
        deliver.use_table(store.deliveries, "BatchGetItem", "BatchWriteItem", "PartiQLUpdate")
        deliver.use_table(suppressions, "BatchGetItem")
        deliver.use_vault()
        deliver.use_subjects("BatchGetItem")
        for each in self.queues:
            deliver.use_secret(runtime_values.destination_secret(environment.stage, each.name))
            _consume(deliver, each)
        return deliver


def _consume(deliver: PipelineFunction, source: DestinationQueue) -> None:
    deliver.allow(
        "sqs:ChangeMessageVisibility",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "sqs:ReceiveMessage",
        on=source.queue.queue_arn,
    )
    deliver.use_key("kms:Decrypt", through="sqs")
    mapping = lambda_.CfnEventSourceMapping(
        deliver,
        f"Queue-{source.name}",
        function_name=deliver.function_name,
        event_source_arn=source.queue.queue_arn,
        batch_size=500,
        maximum_batching_window_in_seconds=5,
        function_response_types=["ReportBatchItemFailures"],
        scaling_config=lambda_.CfnEventSourceMapping.ScalingConfigProperty(maximum_concurrency=5),
    )
    mapping.node.add_dependency(deliver.own_role)
