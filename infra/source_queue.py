"""A source's own queue: what AWS puts there for it, without HTTP in between."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.environment import Environment
from infra.overflow import MAX_RECEIVES, TIMEOUT_SECONDS, late
from infra.watch import Watch, depth


def source_queues(scope: Construct, environment: Environment, key: kms.IKey) -> list[SourceQueue]:
    """One for each source that asks for one."""
    return [
        SourceQueue(scope, name, stage=environment.stage, topics=source.topics, key=key)
        for name, source in environment.sources.items()
        if source.queue
    ]


class SourceQueue(Construct):
    """Where SNS, for the source's topics, and EventBridge, for this account, may write."""

    def __init__(
        self,
        scope: Construct,
        source: str,
        *,
        stage: str,
        topics: tuple[str, ...],
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, f"SourceQueue-{source}")
        self.source = source
        name = f"millrace-{stage}-source-{source}"
        # No reference to the queue: what another stack imports could not be taken away again.
        self.arn = cdk.Stack.of(self).format_arn(service="sqs", resource=name)
        dead = self._make("Dead", f"{name}-dead", key)
        self.queue = self._make(
            "Queue",
            name,
            key,
            visibility_timeout=cdk.Duration.seconds(6 * TIMEOUT_SECONDS),
            dead_letter_queue=sqs.DeadLetterQueue(queue=dead, max_receive_count=MAX_RECEIVES),
        )
        if topics:
            self._let("sns", {"ArnEquals": {"aws:SourceArn": list(topics)}})
        self._let("events", {"StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID}})
        self._let_use(key)
        output = cdk.CfnOutput(self, "Arn", value=self.queue.queue_arn)
        output.override_logical_id(f"SourceQueue{source.title().replace('-', '')}")
        self.watches = _watches(source, name)

    def _make(self, part: str, name: str, key: kms.IKey, **more: Any) -> sqs.Queue:
        return sqs.Queue(
            self,
            part,
            queue_name=name,
            encryption_master_key=key,
            enforce_ssl=True,
            retention_period=cdk.Duration.days(14),
            **more,
        )

    def _let(self, service: str, conditions: dict[str, dict[str, object]]) -> None:
        self.queue.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal(f"{service}.amazonaws.com")],
                actions=["sqs:SendMessage"],
                resources=[self.queue.queue_arn],
                conditions=conditions,
            )
        )

    def _let_use(self, key: kms.IKey) -> None:
        """For this queue's messages only.

        By what SQS encrypts for, as EventBridge's calls of a key name no account: SNS's page on
        key management says so of its own topics.
        """
        key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[
                    iam.ServicePrincipal("sns.amazonaws.com"),
                    iam.ServicePrincipal("events.amazonaws.com"),
                ],
                actions=["kms:Decrypt", "kms:GenerateDataKey"],
                resources=["*"],
                conditions={"StringEquals": {"kms:EncryptionContext:aws:sqs:arn": self.arn}},
            )
        )


def _watches(source: str, queue_name: str) -> list[Watch]:
    return [
        late(queue_name, subject=f"source-{source}"),
        depth(
            f"{queue_name}-dead",
            runbook="overflow",
            subject=f"source-{source}-dead",
            says=f"messages of {source} could not be taken in {MAX_RECEIVES} attempts",
        ),
    ]
