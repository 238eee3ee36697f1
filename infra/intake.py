"""Intake: the HTTP API, the events stream, and where what cannot go on is kept."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra import runtime_values
from infra.acknowledged import acknowledge
from infra.api import Api
from infra.bucket import SealedBucket
from infra.definitions import webhook_of
from infra.environment import Environment
from infra.function import PipelineFunction
from infra.overflow import OverflowStore, detoured, refill_function, tell
from infra.platform import Platform
from infra.secret import ConfiguredSecret
from infra.source_queue import source_queues
from infra.table import SealedTable
from infra.taking import intake_settings, take_events
from infra.watch import FIVE_MINUTES, Watch, depth, errors
from millrace.adapters.signed_tokens import EXPIRES
from millrace.failed.model import PREFIX, REPLAYED_PREFIX
from millrace.intake.routes import ROUTES
from millrace.settings import IntakeTrackSettings


class IntakeStore(Construct):
    """The stream, failed events, parked batches, webhook tokens and a write key per source."""

    def __init__(
        self,
        scope: Construct,
        environment: Environment,
        *,
        key: kms.IKey,
        access_logs: s3.IBucket,
    ) -> None:
        super().__init__(scope, "Intake")
        keep = environment.retention
        self.events = self._stream(environment, key)
        terms = {f"{prefix}/": keep.failed_events_days for prefix in (PREFIX, REPLAYED_PREFIX)}
        self.failed = SealedBucket(
            self, "Failed", key=key, access_logs=access_logs, expire_days=terms
        )
        self.parked = SealedBucket(
            self, "Parked", key=key, access_logs=access_logs, expire_days={"": keep.parked_days}
        )
        self.notices = self._notices(key)
        self.overflow = OverflowStore(self, environment, key=key, access_logs=access_logs)
        self.source_queues = source_queues(self, environment, key)
        self.webhook_tokens = SealedTable(self, "WebhookTokens", key=key, expires=EXPIRES)
        self._secrets(environment, key)
        self.watches = [
            depth(
                self.notices.queue_name,
                runbook="parked",
                subject="",
                says="a batch of stream records ran out of retries and was parked",
            ),
            *self.overflow.watches,
            *(watch for each in self.source_queues for watch in each.watches),
        ]

    def _secrets(self, environment: Environment, key: kms.IKey) -> None:
        """A write key, or what a vendor signs with; not for vendors that need none."""
        for name, source in environment.sources.items():
            webhook = webhook_of(name, source.webhook)
            if webhook is None or webhook.needs_secret:
                ConfiguredSecret(
                    self,
                    f"Source-{name}",
                    secret_name=runtime_values.source_secret(environment.stage, name),
                    purpose=f"Write key of the source {name}",
                    key=key,
                )

    def _stream(self, environment: Environment, key: kms.IKey) -> kinesis.Stream:
        is_provisioned = environment.stream.mode == "provisioned"
        mode = kinesis.StreamMode
        stream = kinesis.Stream(
            self,
            "Events",
            stream_mode=mode.PROVISIONED if is_provisioned else mode.ON_DEMAND,
            shard_count=environment.stream.shards if is_provisioned else None,
            retention_period=cdk.Duration.hours(environment.retention.stream_hours),
            encryption=kinesis.StreamEncryption.KMS,
            encryption_key=key,
            removal_policy=cdk.RemovalPolicy.RETAIN,
        )
        acknowledge(stream, "KDS3", "It is under the project's own key, which we can revoke.")
        return stream

    def _notices(self, key: kms.IKey) -> sqs.Queue:
        """A queue that an alarm can see: one message for each object in the parked bucket.

        Set on the bucket itself: the L2 way would need a custom resource.
        """
        queue = sqs.Queue(
            self,
            "ParkedNotices",
            encryption_master_key=key,
            enforce_ssl=True,
            retention_period=cdk.Duration.days(14),
        )
        acknowledge(queue, "SQS3", "Nobody consumes it: an alarm looks at its depth.")
        tell(queue, self.parked)
        return queue


class Intake(Construct):
    """The HTTP API, functions/intake/track behind it, and the way back of what took a detour."""

    def __init__(self, scope: Construct, platform: Platform, *, store: IntakeStore) -> None:
        super().__init__(scope, "Intake")
        environment = platform.environment
        self.api = Api(self, platform)
        self.track = PipelineFunction(
            self,
            "intake/track",
            platform=platform,
            settings=IntakeTrackSettings(
                **intake_settings(platform, store),
                sources=runtime_values.sources(environment),
            ),
            layers=("core", "vendor"),
            timeout_seconds=15,
            memory_mb=512,
        )
        take_events(self.track, store)
        self.track.use_secret(
            runtime_values.source_secret(environment.stage, "*"),
            because="One write key per source, and sources come and go",
        )
        self.refill = refill_function(self, platform, events=store.events, overflow=store.overflow)
        self.api.route(self.track, ROUTES)
        address = cdk.CfnOutput(self, "ApiUrl", value=self.api.api_endpoint)
        address.override_logical_id("ApiUrl")
        self.watches = [
            _server_errors(self.api),
            errors(self.track),
            errors(self.refill),
            detoured(self.track),
        ]


def _server_errors(api: Api) -> Watch:
    return Watch(
        runbook="intake-5xx",
        subject="",
        says="the API has answered 5xx in two 5-minute periods: senders are retrying",
        metric=api.metric_server_error(period=FIVE_MINUTES, statistic="Sum"),
        threshold=0,
        periods=2,
    )
