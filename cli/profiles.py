"""`millrace profile show`: who somebody is, who said what of them, and who won; now, or then."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Mapping
from typing import Any

import msgspec

from cli.connection import Connection
from cli.history import history_of
from cli.people import Found, People
from cli.printing import moment, print_json, print_table
from cli.unsealing import keep_opening, pseudonyms_of
from millrace.errors import NeedsHuman
from millrace.failed.selecting import moment_of
from millrace.identity.model import kind_of, profile_id
from millrace.lake import open_value
from millrace.lake.history import Past, past_of
from millrace.lake.model import ChangeRow
from millrace.lake.rows import event_token
from millrace.privacy import Subject
from millrace.profiles.view import offers_of, winners
from millrace.profiles.voids import is_void, put_back, voids_of

LAKE_WINDOW_MS = 10 * 60_000
Shown = dict[str, Any]


def show_profile(connection: Connection, options: argparse.Namespace) -> None:
    """One person; values only with --open and a purpose, which is kept first."""
    people = People(connection)
    if options.at:
        shown, traits = _then(connection, people, options)
    else:
        found = people.find(options.who)
        if options.open:
            keep_opening(connection, found.root, f"profile {found.profile_id}", options.purpose)
        shown, traits = _now(people, found, is_open=options.open)
    if options.json:
        print_json({**shown, "traits": traits})
        return
    for name, value in shown.items():
        print(f"{name:<12} {_line(name, value)}")
    print()
    columns = list(traits[0]) if traits else []
    print_table(
        columns,
        [[_line(name, each[name]) for name in columns] for each in traits],
        empty="no traits",
    )
    if not options.open and traits:
        print("values are sealed; --open --purpose WHY shows them, and keeps who saw them and why")


def _now(people: People, found: Found, *, is_open: bool) -> tuple[Shown, list[Shown]]:
    profile = people.profile(found)
    kinds = Counter(kind_of(key) for key in found.person.keys)
    shown = {
        "profile": found.profile_id,
        "version": found.version,
        "committed_at": found.person.committed_at,
        "identifiers": dict(sorted(kinds.items())),
        "segments": list(profile.segments) if profile else [],
        "counters": profile.counters if profile else {},
        "consents": {
            purpose: given.status
            for purpose, given in (profile.consents if profile else {}).items()
        },
        "rollbacks": [
            {"at": void.until, "since": void.since, "trait": void.trait, "source": void.source}
            for _, void in sorted(voids_of(found.person.stems), key=lambda each: each[1])
        ],
    }
    return shown, _candidates(people, found, is_open=is_open)


def _candidates(people: People, found: Found, *, is_open: bool) -> list[Shown]:
    """Every value that is kept: the winner of a trait, then what lost, then what was taken back."""
    stems = found.person.stems
    won = winners(found.person, people.rules)
    voids = [void for _, void in voids_of(stems)]
    rows = []
    for name, offers in sorted(put_back(offers_of(stems), stems).items()):
        given = {
            (source, one): stem
            for source, each in offers.items()
            for stem, some in each
            for one in some
        }
        for source, candidate in sorted(given, key=lambda each: each[1], reverse=True):
            best = won.get(name)
            stands = "lost"
            if is_void(voids, name, source, candidate.at):
                stands = "taken back"
            elif best and (best.source, best.candidate) == (source, candidate):
                stands = "won"
            row = {
                "trait": name,
                "stands": stands,
                "source": source,
                "event_at": candidate.at,
                "event_id": event_token(
                    candidate.event, people.keyring.subject(given[source, candidate])
                ),
            }
            value = {"value": msgspec.json.decode(candidate.value)} if is_open else {}
            rows.append(row | value)
    order = {"won": 0, "lost": 1, "taken back": 2}
    return sorted(rows, key=lambda row: (row["trait"], order[row["stands"]]))


def _then(
    connection: Connection, people: People, options: argparse.Namespace
) -> tuple[Shown, list[Shown]]:
    now_ms = connection.now_ms()
    at = moment_of(options.at, now_ms)
    if at > now_ms - LAKE_WINDOW_MS and not connection.local:
        print("changes of the last ten minutes may not be in the lake yet", file=sys.stderr)
    key = people.key(options.who)
    own = next(iter(people.keyring.living([key])), "")
    past = past_of(history_of(connection), own, at)
    if past is None:
        raise NeedsHuman("not_found", "nobody was known by this identifier at that time")
    called = {past.person, *(row.subject for row in past.traits.values())} - {""}
    subjects = pseudonyms_of(connection, people.vault).named(called)
    root = subjects.get(past.person)
    name = profile_id(root.stem) if root else "(erased)"
    if options.open:
        keep_opening(connection, root.stem if root else key, f"profile {name}", options.purpose)
    return _past_page(past, name, at), [
        _change(row, subjects, is_open=options.open) for row in past.traits.values()
    ]


def _past_page(past: Past, name: str, at: int) -> Shown:
    kinds = Counter(past.identifiers.values())
    return {
        "profile": name,
        "at": at,
        "committed_at": past.since,
        "identifiers": dict(sorted(kinds.items())),
    }


def _change(row: ChangeRow, subjects: Mapping[str, Subject], *, is_open: bool) -> Shown:
    shown = {
        "trait": row.name,
        "source": row.source,
        "event_at": row.event_at,
        "event_id": row.event_id,
    }
    if not is_open:
        return shown
    subject = subjects.get(row.subject)
    key = subject.key if subject else None
    if key is None or row.sealed is None:
        return shown | {"value": "(erased)"}
    kept = open_value(row.sealed, row.person, key)
    return shown | {"trait": kept.name or row.name, "value": msgspec.json.decode(kept.value)}


def _line(name: str, value: Any) -> str:
    if value is None or value in ({}, []):
        return "none"
    if name in {"at", "committed_at", "event_at"}:
        return moment(value)
    if isinstance(value, dict):
        return ", ".join(f"{key} {each}" for key, each in value.items())
    if name == "rollbacks":
        return ", ".join(
            f"{each['trait'] or 'all'} of {each['source'] or 'all'} since {moment(each['since'])}"
            for each in value
        )
    if name == "value":
        return msgspec.json.encode(value).decode()
    return ", ".join(value) if isinstance(value, list) else str(value)
