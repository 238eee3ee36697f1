"""Which failed events: by code, source, stage, pointer and the time at which they came."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Protocol

import msgspec

from millrace.clock import DAY_MS, HOUR_MS
from millrace.errors import NeedsHuman
from millrace.failed.model import PREFIX
from millrace.intake.times import parse_time

FIELDS = ("code", "source", "stage", "pointer")
_AGO = re.compile(r"(\d{1,6})([mhd])", re.ASCII)
_UNITS = {"m": HOUR_MS // 60, "h": HOUR_MS, "d": DAY_MS}


class Selectable(Protocol):
    """A FailedEvent or its Summary."""

    @property
    def code(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def stage(self) -> str: ...
    @property
    def pointer(self) -> str: ...
    @property
    def received_at(self) -> int: ...


class Where(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A selection; an empty field selects everything, `since` is inclusive, `until` exclusive."""

    code: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    stage: tuple[str, ...] = ()
    pointer: tuple[str, ...] = ()
    since: int | None = None
    until: int | None = None

    def words(self) -> tuple[str, ...]:
        """It as `where_of` reads it."""
        fields = ((field, "|".join(getattr(self, field))) for field in FIELDS)
        times = (("since", self.since), ("until", self.until))
        return (
            *(f"{field}={value}" for field, value in fields if value),
            *(f"{name}={_written(time)}" for name, time in times if time is not None),
        )

    def matches(self, failed: Selectable) -> bool:
        if self.since is not None and failed.received_at < self.since:
            return False
        if self.until is not None and failed.received_at >= self.until:
            return False
        return all(
            not wanted or getattr(failed, field) in wanted
            for field in FIELDS
            for wanted in (getattr(self, field),)
        )


def where_of(words: Iterable[str], now_ms: int) -> Where:
    """The selection in words such as `code=no_identifier|unknown_type` and `since=2d`.

    Several words, or commas within one, must all hold; `|` separates what may hold.
    NeedsHuman `bad_selection` for anything else.
    """
    found: dict[str, tuple[str, ...] | int] = {}
    for word in (part for each in words for part in each.split(",")):
        name, is_assigned, value = (part.strip() for part in word.partition("="))
        if not is_assigned or not value:
            raise _bad(f"`{name}` is not written name=value")
        if name in found:
            raise _bad(f"`{name}` is given twice; write `{name}=a|b` for either of two")
        if name in FIELDS:
            found[name] = tuple(part.strip() for part in value.split("|"))
        elif name in {"since", "until"}:
            found[name] = moment_of(value, now_ms)
        else:
            raise _bad(f"`{name}` is none of {', '.join(FIELDS)}, since, until")
    return msgspec.convert(found, Where)


def prefixes(where: Where, now_ms: int) -> Iterator[str]:
    """The key prefixes under which everything selected lies: all of them, or day by day."""
    if where.since is None:
        yield f"{PREFIX}/"
        return
    day = _day(where.since)
    last = _day(now_ms + DAY_MS if where.until is None else where.until)
    while day <= last:
        yield f"{PREFIX}/day={day:%Y-%m-%d}/"
        day += timedelta(days=1)


def moment_of(value: str, now_ms: int) -> int:
    """A time as people write it, or how long ago it was, in epoch milliseconds."""
    ago = _AGO.fullmatch(value)
    if ago:
        return now_ms - int(ago[1]) * _UNITS[ago[2]]
    moment = parse_time(value)
    if moment is None:
        raise _bad("a time is written 2026-11-22, 2026-11-22T03:00:00Z, 90m, 12h or 7d (ago)")
    return moment


def _day(moment: int) -> datetime:
    found = datetime.fromtimestamp(moment / 1000, UTC)
    return found.replace(hour=0, minute=0, second=0, microsecond=0)


def _written(moment: int) -> str:
    told = datetime.fromtimestamp(moment / 1000, UTC).isoformat(timespec="milliseconds")
    return told.replace("+00:00", "Z")


def _bad(what: str) -> NeedsHuman:
    return NeedsHuman("bad_selection", what)
