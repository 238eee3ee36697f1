"""Schedules: a function that runs by the clock, in UTC."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam

from infra.function import PipelineFunction


def every_day(function: PipelineFunction, *, hour: int, minute: int) -> None:
    """Invoke a function once a day; it must do no harm when it is invoked twice."""
    _every(function, "EveryDay", f"cron({minute} {hour} * * ? *)")


def every_hour(function: PipelineFunction, *, minute: int) -> None:
    """Invoke a function once an hour; it must do no harm when it is invoked twice."""
    _every(function, "EveryHour", f"cron({minute} * * * ? *)")


def _every(function: PipelineFunction, name: str, expression: str) -> None:
    rule = events.CfnRule(
        function,
        name,
        schedule_expression=expression,
        targets=[events.CfnRule.TargetProperty(arn=function.function_arn, id="Function")],
    )
    function.add_permission(
        f"{name}MayInvoke",
        principal=iam.ServicePrincipal("events.amazonaws.com"),
        source_arn=cdk.Fn.get_att(rule.logical_id, "Arn").to_string(),
    )
