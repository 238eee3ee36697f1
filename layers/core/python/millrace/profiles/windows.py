"""Counts within windows from bounded state: the newest times, exact, and a row of day counts.

Both forget order. What is older than the row of days reaches is only in the lifetime count.
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import accumulate, pairwise

import msgspec

from millrace.behaviour.days import FULL_DAY, added, plus, shifted
from millrace.clock import DAY_MS
from millrace.profiles.model import Count

NEWEST_TIMES = 8
"""`at least n times within w` is exact for n up to this."""
COUNTED_DAYS = 32

_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(list[int]).decode


class Answer(msgspec.Struct, frozen=True):
    """How many events are within a window, and whether that is exact."""

    count: int
    is_exact: bool


def counted(known: Count | None, at: int) -> Count:
    """The count with one more event."""
    if known is None:
        return Count(1, at, at, b"", b"\x01")
    if at < known.last:
        return joined(known, Count(1, at, at, b"", b"\x01"))
    older = _unpack(known.times) if known.times else []
    times = _pack([at - known.last, *older[: NEWEST_TIMES - 2]])
    days = plus(known.days, at // DAY_MS - known.last // DAY_MS, 1, COUNTED_DAYS)
    return Count(known.count + 1, known.first, at, times, days)


def joined(one: Count, other: Count) -> Count:
    """The count of the events of both."""
    last = max(one.last, other.last)
    times = sorted([*newest_times(one), *newest_times(other)], reverse=True)[:NEWEST_TIMES]
    between = [newer - older for newer, older in pairwise(times)]
    return Count(
        one.count + other.count,
        min(one.first, other.first),
        last,
        _pack(between) if between else b"",
        added(
            shifted(one.days, last // DAY_MS - one.last // DAY_MS, COUNTED_DAYS),
            shifted(other.days, last // DAY_MS - other.last // DAY_MS, COUNTED_DAYS),
        ),
    )


def newest_times(count: Count) -> list[int]:
    """The times of the newest events, the newest first."""
    between = _unpack(count.times) if count.times else []
    return list(accumulate(between, lambda newer, step: newer - step, initial=count.last))


def count_since(count: Count, since: int) -> Answer:
    """How many events happened at `since` or later."""
    if since <= count.first:
        return Answer(count.count, True)
    times = newest_times(count)
    within = len(times) - bisect_left(times[::-1], since)
    if within < len(times):
        return Answer(within, True)
    reach = count.last // DAY_MS - since // DAY_MS + 1
    row = count.days[:reach]
    is_whole = since % DAY_MS == 0 and reach <= COUNTED_DAYS and FULL_DAY not in row
    return Answer(max(within, sum(row)), is_whole)
