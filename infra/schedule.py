"""Schedules: a function that runs by the clock, in UTC."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam

from infra.function import PipelineFunction


def every_day(function: PipelineFunction, *, hour: int, minute: int) -> None:
    """Invoke a function once a day; it must do no harm when it is invoked twice."""
    rule = events.CfnRule(
        function,
        "EveryDay",
        schedule_expression=f"cron({minute} {hour} * * ? *)",
        targets=[events.CfnRule.TargetProperty(arn=function.function_arn, id="Function")],
    )
    function.add_permission(
        "EveryDayMayInvoke",
        principal=iam.ServicePrincipal("events.amazonaws.com"),
        source_arn=cdk.Fn.get_att(rule.logical_id, "Arn").to_string(),
    )
