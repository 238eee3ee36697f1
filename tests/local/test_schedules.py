"""What runs by the clock runs once for all the times that have passed, by day or by hour."""

from __future__ import annotations

from local.schedules import Schedule, Schedules
from millrace.clock import DAY_MS, HOUR_MS

MINUTE = 60_000


def test_each_schedule_runs_when_its_time_has_passed_and_once_for_several_times():
    now, ran = [5 * HOUR_MS], []
    daily = Schedule(function_arn="day", every_ms=DAY_MS, at_ms=6 * HOUR_MS)
    hourly = Schedule(function_arn="hour", every_ms=HOUR_MS, at_ms=20 * MINUTE)
    schedules = Schedules([daily, hourly], lambda arn, event: ran.append(arn), lambda: now[0])
    expected = {
        10 * MINUTE: [],
        20 * MINUTE: ["hour"],
        59 * MINUTE: [],
        HOUR_MS: ["day"],
        3 * HOUR_MS: ["hour"],
        24 * HOUR_MS: ["hour"],
        25 * HOUR_MS: ["day", "hour"],
    }
    for after, names in expected.items():
        ran.clear()
        now[0] = 5 * HOUR_MS + after
        schedules.run()
        schedules.run()
        assert ran == names, after
