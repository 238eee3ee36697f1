"""Receiving: functions/intake/receive behind the queues that sources have of their own."""

from __future__ import annotations

from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra import runtime_values
from infra.function import PipelineFunction
from infra.intake import IntakeStore
from infra.overflow import TIMEOUT_SECONDS, detoured
from infra.platform import Platform
from infra.source_queue import SourceQueue
from infra.taking import intake_settings, take_events
from infra.watch import errors
from millrace.settings import IntakeReceiveSettings


class Receiving(Construct):
    """One function for all queues; it is there without any, so that the last can be taken away."""

    def __init__(self, scope: Construct, platform: Platform, *, store: IntakeStore) -> None:
        super().__init__(scope, "Receiving")
        self.function = PipelineFunction(
            self,
            "intake/receive",
            platform=platform,
            settings=IntakeReceiveSettings(
                **intake_settings(platform, store),
                webhooks=runtime_values.webhooks(platform.environment),
                source_queues={each.source: each.arn for each in store.source_queues},
            ),
            layers=("core", "vendor", "sources"),
            timeout_seconds=TIMEOUT_SECONDS,
            memory_mb=512,
        )
        take_events(self.function, store)
        for each in store.source_queues:
            self._feed(each)
        self.watches = [errors(self.function), detoured(self.function)]

    def _feed(self, source: SourceQueue) -> None:
        self.function.allow(
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
            "sqs:ReceiveMessage",
            on=source.arn,
        )
        mapping = lambda_.CfnEventSourceMapping(
            self.function,
            f"Source-{source.source}",
            function_name=self.function.function_name,
            event_source_arn=source.arn,
            batch_size=10,
            function_response_types=["ReportBatchItemFailures"],
            scaling_config=lambda_.CfnEventSourceMapping.ScalingConfigProperty(
                maximum_concurrency=20
            ),
        )
        mapping.node.add_dependency(self.function.own_role)
