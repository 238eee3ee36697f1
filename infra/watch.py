"""What wants an alarm, declared where the resource is made; operations.py makes the alarms."""

from __future__ import annotations

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch

from infra.function import PipelineFunction

NAMESPACE = "Millrace"
IGNORED = cloudwatch.TreatMissingData.NOT_BREACHING

FIVE_MINUTES = cdk.Duration.minutes(5)
LATE_MINUTES = 15


@dataclass(frozen=True, kw_only=True)
class Watch:
    """An alarm above `threshold`; docs/runbooks/<runbook>.md says what to do.

    No data never alarms: each of these is silent exactly when nothing happens.
    """

    runbook: str
    subject: str
    """Which one, where there are several: the alarm is named `<runbook>-<subject>`."""
    says: str
    metric: cloudwatch.IMetric
    threshold: float
    periods: int = 1

    @property
    def name(self) -> str:
        """The alarm's name without project and stage."""
        return f"{self.runbook}-{self.subject}" if self.subject else self.runbook


def pipeline_metric(
    name: str, function: str, *, statistic: str = "Sum", period: cdk.Duration = FIVE_MINUTES
) -> cloudwatch.Metric:
    """A metric that `millrace.runtime.metrics` writes; `service` is the function's folder."""
    return cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name=name,
        dimensions_map={"service": function},
        statistic=statistic,
        period=period,
    )


def errors(function: PipelineFunction) -> Watch:
    """The function raised or timed out, again and again."""
    return Watch(
        runbook="function-errors",
        subject=function.path.replace("/", "-"),
        says=f"functions/{function.path} has failed in each of three 5-minute periods",
        metric=function.metric_errors(period=FIVE_MINUTES, statistic="Sum"),
        threshold=0,
        periods=3,
    )


def iterator_age(function: PipelineFunction, minutes: int) -> Watch:
    """The function reads its stream too late."""
    return Watch(
        runbook="iterator-age",
        subject=function.path.replace("/", "-"),
        says=f"functions/{function.path} reads its stream more than {minutes} minutes late",
        metric=function.metric("IteratorAge", period=FIVE_MINUTES, statistic="Maximum"),
        threshold=minutes * 60_000,
    )


def waiting(queue_name: str, *, subject: str) -> Watch:
    """Somebody has waited for a quarter of an hour to be told to a destination."""
    return Watch(
        runbook="deliveries-late",
        subject=subject,
        says=f"a profile has waited {LATE_MINUTES} minutes or more to be told to {subject}",
        metric=oldest(queue_name),
        threshold=LATE_MINUTES * 60,
        periods=2,
    )


def oldest(queue_name: str) -> cloudwatch.Metric:
    """How old the oldest message of a queue is, in seconds."""
    return cloudwatch.Metric(
        namespace="AWS/SQS",
        metric_name="ApproximateAgeOfOldestMessage",
        dimensions_map={"QueueName": queue_name},
        statistic="Maximum",
        period=FIVE_MINUTES,
    )


def depth(queue_name: str, *, runbook: str, subject: str, says: str) -> Watch:
    """Anything at all stands in a queue that should be empty."""
    return Watch(
        runbook=runbook,
        subject=subject,
        says=says,
        metric=cloudwatch.Metric(
            namespace="AWS/SQS",
            metric_name="ApproximateNumberOfMessagesVisible",
            dimensions_map={"QueueName": queue_name},
            statistic="Maximum",
            period=cdk.Duration.minutes(1),
        ),
        threshold=0,
    )
