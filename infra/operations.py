"""Operations: alarms on what the capabilities declare, the topic they write to, access logs."""

from __future__ import annotations

from collections.abc import Iterable

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra.acknowledged import acknowledge
from infra.environment import Environment
from infra.watch import IGNORED, Watch


class OperationsStore(Construct):
    """Where the buckets log who read them."""

    def __init__(self, scope: Construct, environment: Environment) -> None:
        super().__init__(scope, "Operations")
        self.access_logs = s3.Bucket(
            self,
            "AccessLogs",
            encryption=s3.BucketEncryption.S3_MANAGED,  # the log service can use no other
            enforce_ssl=True,
            versioned=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            removal_policy=cdk.RemovalPolicy.RETAIN,
            lifecycle_rules=[
                s3.LifecycleRule(
                    expiration=cdk.Duration.days(environment.retention.access_logs_days),
                    noncurrent_version_expiration=cdk.Duration.days(30),
                )
            ],
        )
        acknowledge(
            self.access_logs, "S1", "It holds the access logs; logging itself would never end."
        )


class Operations(Construct):
    """One alarm per watch, all of them to one topic."""

    def __init__(
        self,
        scope: Construct,
        environment: Environment,
        *,
        key: kms.IKey,
        watches: Iterable[Watch],
    ) -> None:
        super().__init__(scope, "Operations")
        self.topic = sns.Topic(self, "Alarms", master_key=key, enforce_ssl=True)
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID}},
            )
        )
        if environment.alarm_email:
            self.topic.add_subscription(subscriptions.EmailSubscription(environment.alarm_email))
        action = actions.SnsAction(self.topic)
        for watch in watches:
            alarm = cloudwatch.Alarm(
                self,
                watch.name,
                alarm_name=f"millrace-{environment.stage}-{watch.name}",
                alarm_description=f"{watch.says}. Runbook: docs/runbooks/{watch.runbook}.md",
                metric=watch.metric,
                threshold=watch.threshold,
                evaluation_periods=watch.periods,
                comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
                treat_missing_data=IGNORED,
            )
            alarm.add_alarm_action(action)
            alarm.add_ok_action(action)
