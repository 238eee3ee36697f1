"""How many failed events there are, by what can be told without opening a payload."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from millrace.failed.model import Summary

SAMPLES = 3


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Failed events with one source, stage, code and pointer."""

    source: str
    stage: str
    code: str
    pointer: str
    count: int
    first_at: int
    last_at: int
    samples: tuple[str, ...]
    """The ids of the newest ones."""


class Statistics(msgspec.Struct, frozen=True, kw_only=True):
    total: int
    groups: tuple[Group, ...]
    """The largest first."""
    days: dict[str, int]


def statistics(summaries: Iterable[Summary]) -> Statistics:
    """Counts by group and by day of receipt, UTC."""
    groups: dict[tuple[str, str, str, str], list[Summary]] = {}
    days: Counter[str] = Counter()
    for each in summaries:
        groups.setdefault((each.source, each.stage, each.code, each.pointer), []).append(each)
        days[f"{datetime.fromtimestamp(each.received_at / 1000, UTC):%Y-%m-%d}"] += 1
    found = sorted(map(_group, groups.values()), key=lambda group: (-group.count, group.code))
    return Statistics(total=days.total(), groups=tuple(found), days=dict(sorted(days.items())))


def _group(members: list[Summary]) -> Group:
    newest = sorted(members, key=lambda each: (-each.received_at, each.id))
    return Group(
        source=newest[0].source,
        stage=newest[0].stage,
        code=newest[0].code,
        pointer=newest[0].pointer,
        count=len(newest),
        first_at=newest[-1].received_at,
        last_at=newest[0].received_at,
        samples=tuple(each.id for each in newest[:SAMPLES]),
    )
