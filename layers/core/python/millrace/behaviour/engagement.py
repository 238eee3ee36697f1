"""How much somebody does, and when: points per day that fade, and points per hour of the day.

The score halves every so many days. Stored are whole points per day, at most 255 a day, for 90
days; how much of them is left is worked out when it is asked for, so the state is exact and the
order of events is nothing to it.
"""

from __future__ import annotations

import math

import msgspec

from millrace.behaviour.days import added, plus, shifted
from millrace.clock import DAY_MS, HOUR_MS

SCORED_DAYS = 90
HOURS = 24
FULL_HOUR = 65_535


class Engagement(msgspec.Struct, frozen=True, array_like=True):
    """Points by day and by hour."""

    day: int = 0
    """The newest day with points, as days since 1970."""
    points: bytes = b""
    """One byte per day, the newest first."""
    hours: bytes = b""
    """Two bytes per hour of the day in UTC, if there are any points."""


NOTHING = Engagement()


def scored(known: Engagement, at: int, points: int) -> Engagement:
    """The engagement with `points` more at `at`."""
    day = at // DAY_MS
    newest = max(day, known.day) if known.points else day
    row = known.points
    if day >= newest:
        row = plus(row, day - known.day if row else 0, points, SCORED_DAYS)
    else:
        row = plus(row, day - newest, points, SCORED_DAYS)
    place = at % DAY_MS // HOUR_MS * 2
    hours = known.hours or bytes(HOURS * 2)
    total = min(FULL_HOUR, int.from_bytes(hours[place : place + 2], "big") + points)
    return Engagement(newest, row, hours[:place] + total.to_bytes(2, "big") + hours[place + 2 :])


def joined(one: Engagement, other: Engagement) -> Engagement:
    """The engagement of the events of both."""
    if not (one.points and other.points):
        return one if one.points else other
    day = max(one.day, other.day)
    hours = [min(FULL_HOUR, a + b) for a, b in zip(by_hour(one), by_hour(other), strict=True)]
    return Engagement(
        day,
        added(
            shifted(one.points, day - one.day, SCORED_DAYS),
            shifted(other.points, day - other.day, SCORED_DAYS),
        ),
        b"".join(total.to_bytes(2, "big") for total in hours),
    )


def by_hour(known: Engagement) -> list[int]:
    """Points for each hour of the day, in UTC."""
    hours = known.hours or bytes(HOURS * 2)
    return [int.from_bytes(hours[at : at + 2], "big") for at in range(0, HOURS * 2, 2)]


def best_hour(known: Engagement) -> int | None:
    """The hour of the day, in UTC, with the most points; the earliest of equals."""
    hours = by_hour(known)
    return hours.index(max(hours)) if any(hours) else None


def score(known: Engagement, now_ms: int, half_life_days: int) -> float:
    """What is left of the points today, to two places; a day in the future counts as today."""
    today = now_ms // DAY_MS
    left = (
        points * 2.0 ** (-max(0, today - known.day + age) / half_life_days)
        for age, points in enumerate(known.points)
        if today - known.day + age < SCORED_DAYS
    )
    return round(math.fsum(left), 2)
