"""Counts within windows, from bounded state: exact where they say so."""

from __future__ import annotations

import random

from millrace.clock import DAY_MS, HOUR_MS
from millrace.profiles.model import Count
from millrace.profiles.windows import (
    COUNTED_DAYS,
    NEWEST_TIMES,
    Answer,
    count_since,
    counted,
    newest_times,
)
from tests.core.profiles.stories import NOON


def of(times: list[int]) -> Count:
    count = None
    for at in times:
        count = counted(count, at)
    assert count is not None
    return count


def test_answers_that_call_themselves_exact_are_exact_and_the_others_are_never_too_low() -> None:
    for seed in range(60):
        dice = random.Random(seed)
        reach = dice.choice((HOUR_MS, 5 * DAY_MS, 50 * DAY_MS))
        times = [NOON + dice.randrange(reach) for _ in range(dice.choice((1, 7, 8, 9, 300)))]
        count = of(times)
        assert newest_times(count) == sorted(times, reverse=True)[:NEWEST_TIMES]
        for _ in range(20):
            since = NOON + dice.randrange(-DAY_MS, reach + DAY_MS)
            since = dice.choice((since, since - since % DAY_MS))
            right = sum(at >= since for at in times)
            found = count_since(count, since)
            assert found.count == right or (not found.is_exact and found.count <= len(times))
            if since > max(times) - (COUNTED_DAYS - 1) * DAY_MS:
                assert found.count >= right


def test_a_day_of_more_than_255_says_that_it_may_be_more() -> None:
    day = NOON - NOON % DAY_MS
    count = of([day + number for number in range(300)] + [day - DAY_MS])
    assert count_since(count, day) == Answer(255, False)
    assert count_since(count, day - DAY_MS) == Answer(301, True)
    assert count.count == 301


def test_what_is_older_than_the_row_of_days_is_in_the_lifetime_count_only() -> None:
    count = of([NOON - 400 * DAY_MS, *(NOON for _ in range(20)), NOON - 500 * DAY_MS])
    assert (count.count, count.first, len(count.days)) == (22, NOON - 500 * DAY_MS, 1)
    assert count_since(count, NOON - 3 * DAY_MS).count == 20
