"""`millrace profile rollback` and `rollback-source`: what was said since a moment is taken back."""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import msgspec

from cli.connection import Connection
from cli.history import history_of
from cli.operating import operate
from cli.people import Found, People
from cli.printing import moment, print_json, print_table
from millrace.errors import NeedsHuman
from millrace.failed.selecting import moment_of
from millrace.intake.operating import Asked
from millrace.lake.history import CachedHistory
from millrace.lake.rollback import Rollback, past_values, plan_rollback, stems_concerned
from millrace.profiles.model import Void
from millrace.profiles.view import Winner
from millrace.profiles.voids import restored_of

PEOPLE_AT_ONCE = 50
"""How many people's history is one question to the lake."""
TOP = 20


class Tally(msgspec.Struct, kw_only=True):
    """What became, or would become, of the people a source wrote to."""

    profiles: int = 0
    touched: int = 0
    traits: dict[str, int] = msgspec.field(default_factory=dict)
    """How many profiles show another value, by trait."""
    put_back: int = 0
    forgotten: int = 0
    """Values that the history knows and one operation could not carry."""
    operations: int = 0


def rollback_trait(connection: Connection, options: argparse.Namespace) -> None:
    """One trait of one person becomes what it was."""
    _check(options)
    people = People(connection)
    found = people.find(options.who)
    now_ms = connection.now_ms()
    since = moment_of(options.to, now_ms) + 1
    void = Void(now_ms, b"", since, options.trait, options.source)
    _check_time(since, now_ms)
    history = CachedHistory(history_of(connection))
    past = past_values(history, found.person, now_ms, people.keyring)
    plan = plan_rollback(found.person, void, past, people.rules)
    if plan.is_needed and not options.dry_run:
        operate(connection, list(_asked(found, void, plan, options.who)), options.reason)
    _tell(plan, is_dry=options.dry_run, is_json=options.json)


def rollback_source(connection: Connection, options: argparse.Namespace) -> None:
    """What one source has written since a moment, to anybody, is taken back."""
    _check(options)
    people = People(connection)
    now_ms = connection.now_ms()
    void = Void(now_ms, b"", moment_of(options.since, now_ms), "", options.source)
    _check_time(void.since, now_ms)
    history = CachedHistory(history_of(connection))
    tally = Tally()
    everybody = _touched(people, void, tally)
    while some := list(islice(everybody, PEOPLE_AT_ONCE)):
        names = people.keyring.living(key for found in some for key in found.person.keys)
        history.load(names.keys(), now_ms)
        asked: list[Asked] = []
        for found in some:
            past = past_values(history, found.person, now_ms, people.keyring)
            plan = plan_rollback(found.person, void, past, people.rules)
            _add(tally, plan)
            asked += _asked(found, void, plan, "")
        history.forget()
        tally.operations += len(asked)
        if not options.dry_run:
            _operate(connection, asked, options)
    _tell_tally(tally, is_dry=options.dry_run, is_json=options.json)


def _touched(people: People, void: Void, tally: Tally) -> Iterator[Found]:
    for found in people.every():
        tally.profiles += 1
        if plan_rollback(found.person, void, (), people.rules).is_needed:
            tally.touched += 1
            yield found


def _asked(found: Found, void: Void, plan: Rollback, who: str) -> Iterator[Asked]:
    """One operation for each stem that holds something of it; the first one puts back."""
    restore = [restored_of(one.trait, one.source, one.candidate) for one in plan.restored]
    for stem in stems_concerned(found.person, void):
        value = stem.identifiers.get(stem.key, ("", 0))[0]
        named = f"{stem.key.split('#')[1]}:{value}" if value else who
        properties: dict[str, Any] = {"identifier": named, "source": void.source}
        if void.trait:
            properties |= {"trait": void.trait, "to": void.since - 1}
        else:
            properties |= {"since": void.since}
        properties["restore"] = restore
        restore = []
        name = "trait.rollback" if void.trait else "source.rollback"
        yield Asked(name=name, properties=properties, at=void.until)


def _operate(connection: Connection, asked: Sequence[Asked], options: argparse.Namespace) -> None:
    """No more than --rate operations a second."""
    for start in range(0, len(asked), options.rate):
        began = time.monotonic()
        operate(connection, asked[start : start + options.rate], options.reason)
        if start + options.rate < len(asked):
            time.sleep(max(0.0, 1 - (time.monotonic() - began)))


def _add(tally: Tally, plan: Rollback) -> None:
    for name, (was, now) in plan.traits.items():
        if now is None or now.candidate.value != was.candidate.value:
            tally.traits[name] = tally.traits.get(name, 0) + 1
    tally.put_back += len(plan.restored)
    tally.forgotten += plan.forgotten


def _check(options: argparse.Namespace) -> None:
    if not options.dry_run and len(options.reason.split()) < 2:
        raise NeedsHuman("no_reason", 'say why: --reason "ticket 4711, wrong import", or --dry-run')


def _check_time(since: int, now_ms: int) -> None:
    if since > now_ms:
        raise NeedsHuman("bad_time", "name a moment that has passed")


def _tell(plan: Rollback, *, is_dry: bool, is_json: bool) -> None:
    restored = {one.trait for one in plan.restored}
    rows = [
        {
            "trait": name,
            "from": _winner(was),
            "to": _winner(now),
            "is_from_history": name in restored,
        }
        for name, (was, now) in plan.traits.items()
    ]
    if is_json:
        print_json({"changes": rows, "is_needed": plan.is_needed, "is_dry_run": is_dry})
        return
    nothing = "there is nothing to take back"
    print_table(
        ("trait", "now", "then" if is_dry else "soon", ""),
        [
            (
                str(row["trait"]),
                _said(row["from"]),
                _said(row["to"]),
                "put back from the history" if row["is_from_history"] else "",
            )
            for row in rows
        ],
        empty="no reader would see a difference" if plan.is_needed else nothing,
    )


def _winner(won: Winner | None) -> dict[str, Any] | None:
    return {"source": won.source, "event_at": won.candidate.at} if won else None


def _said(won: Any) -> str:
    return f"{won['source']}, {moment(won['event_at'])}" if won else "nobody"


def _tell_tally(tally: Tally, *, is_dry: bool, is_json: bool) -> None:
    if is_json:
        print_json(tally)
        return
    verb = "would be" if is_dry else "are"
    print(f"{tally.profiles} profiles looked at, {tally.touched} {verb} rolled back")
    for name, count in Counter(tally.traits).most_common(TOP):
        print(f"  {count:>8}  {name}")
    print(f"{tally.put_back} values {verb} put back from the history")
    if tally.forgotten:
        print(f"{tally.forgotten} more are too large to be put back: send these traits again")
