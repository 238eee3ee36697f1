"""Schedules: what the template runs by the clock, once for all the times that have passed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from local.intrinsics import TemplateError
from local.template import Assembly
from millrace.clock import DAY_MS, HOUR_MS

_CRON = re.compile(r"cron\((\d{1,2}) (\d{1,2}|\*) \* \* \? \*\)")


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """One `AWS::Events::Rule` that runs a function every day or hour, `at_ms` after it began."""

    function_arn: str
    every_ms: int
    at_ms: int


def schedules_of(assembly: Assembly) -> list[Schedule]:
    """Every schedule of the template; one of another shape is an error, never silence."""
    found = []
    for resource, _, properties in assembly.of_type("AWS::Events::Rule"):
        match = _CRON.fullmatch(properties.get("ScheduleExpression", ""))
        if match is None:
            raise TemplateError(
                f"{resource.name}: only cron(M H * * ? *) and cron(M * * * ? *) are played locally"
            )
        is_hourly = match[2] == "*"
        minutes = int(match[1]) + (0 if is_hourly else 60 * int(match[2]))
        every_ms = HOUR_MS if is_hourly else DAY_MS
        found += [
            Schedule(function_arn=target["Arn"], every_ms=every_ms, at_ms=minutes * 60_000)
            for target in properties["Targets"]
        ]
    return found


class Schedules:
    """Runs what became due since it was asked last."""

    def __init__(
        self,
        schedules: Iterable[Schedule],
        invoke: Callable[[str, dict[str, Any]], Any],
        now_ms: Callable[[], int],
    ) -> None:
        self._schedules = list(schedules)
        self._invoke = invoke
        self._now_ms = now_ms
        self._asked_ms = now_ms()

    def run(self) -> None:
        """A function that was due several times runs once: it makes up for what was missed."""
        before, self._asked_ms = self._asked_ms, self._now_ms()
        for each in self._schedules:
            since = (self._asked_ms - each.at_ms) % each.every_ms
            due = self._asked_ms - since
            if before < due:
                self._invoke(each.function_arn, {"source": "aws.events"})
