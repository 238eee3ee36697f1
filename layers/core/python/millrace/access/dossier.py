"""Everything that is held about one person, in one document: the answer to a request for access.

`millrace.access.dossier.Dossier` is the format of the JSON file; docs/reference/export.schema.json
is its schema.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from millrace.access.held import Held, Json, KeptChange, KeptEvent, Suppressed, Told
from millrace.access.plain import moment, plain
from millrace.identity.model import kind_of
from millrace.profiles.model import Person, Stem
from millrace.profiles.rules import ReadRules
from millrace.profiles.view import first_values, winners

FORMAT = "millrace-export/1"
NOT_SHOWN = "(not shown: another person or no events)"
_ELSEWHERE = frozenset({"traits", "identifiers", "seen"})
"""What of a stem has a section of its own, or says nothing about the person."""


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What this is, and who made it for what."""

    profile_id: str
    made_at: int
    made_by: str
    purpose: str
    sources: Sequence[str]
    """Who may send data about people to this deployment."""
    destinations: Mapping[str, Sequence[str]]
    """Who is told of people, and for which purposes."""


class Dossier(msgspec.Struct, frozen=True, kw_only=True):
    """The export. Times are ISO 8601, UTC."""

    format: str
    about: Json
    identifiers: list[Json]
    """Each with its kind and when it was first seen."""
    ties: list[Json]
    """Which identifiers were taken for one person, by which event, and those that were not."""
    traits: dict[str, list[Json]]
    """Every value that a source gave, the newest first; `is_current` marks what is in use."""
    profile: Json
    """As readers and destinations see it: traits, computed traits, segments, consents, counters."""
    stems: list[Json]
    """What the events of each identifier add up to, with counters and consents."""
    events: list[Json]
    changes: list[Json]
    failed_events: list[Json]
    destinations: list[Json]
    suppressions: list[Json]
    """Why nobody may write to an address: each reason holds, or a yes rules it out."""
    ledger: list[Json]
    unreadable: int
    """Events whose key was destroyed: nobody can read them any more, we neither."""


def dossier(held: Held, about: About, rules: ReadRules) -> Dossier:
    """The document of what is held."""
    person = held.person
    values = {key: value for key, (value, _) in first_values(person).items()} if person else {}
    return Dossier(
        format=FORMAT,
        about={**plain(about), "made_at": moment(about.made_at)},
        identifiers=_identifiers(person),
        ties=_ties(person, values),
        traits=_traits(person, rules),
        profile=plain(held.profile) if held.profile else {},
        stems=[_stem(stem, values) for stem in person.stems] if person else [],
        events=[_event(each) for each in held.events if each.event],
        changes=[_change(each, values) for each in held.changes],
        failed_events=list(held.failed_events),
        destinations=[_told(each) for each in held.told],
        suppressions=[_suppressed(each) for each in held.suppressed],
        ledger=[{**plain(link.entry), "recorded_at": moment(link.recorded_at)}
                for link in held.ledger],
        unreadable=sum(1 for each in held.events if each.event is None),
    )  # fmt: skip


def _identifiers(person: Person | None) -> list[Json]:
    found = first_values(person) if person else {}
    return [
        {"kind": kind_of(key), "value": value, "first_seen": moment(first), "key": key}
        for key, (value, first) in sorted(found.items())
    ]


def _ties(person: Person | None, values: Mapping[str, str]) -> list[Json]:
    if person is None:
        return []
    return [
        {
            "one": _named(edge.a, values),
            "other": _named(edge.b, values),
            "rule": edge.rule,
            "at": moment(edge.at),
            "event": edge.event.hex(),
            "holds": not reason,
            "reason": reason,
        }
        for edge, reason in zip(person.edges, person.reasons, strict=True)
    ]


def _named(key: str, values: Mapping[str, str]) -> str:
    """An identifier of this person; somebody else's is theirs to see, so only its kind."""
    return f"{kind_of(key)}:{values.get(key, NOT_SHOWN)}"


def _traits(person: Person | None, rules: ReadRules) -> dict[str, list[Json]]:
    if person is None:
        return {}
    current = winners(person, rules)
    found: dict[str, list[tuple[int, Json]]] = {}
    for stem in person.stems:
        for name, by_source in stem.traits.items():
            for source, candidates in by_source.items():
                for one in candidates:
                    won = current.get(name)
                    is_current = bool(won and won.candidate == one and won.source == source)
                    row = {
                        "value": plain(one.value),
                        "source": source,
                        "at": moment(one.at),
                        "event": one.event.hex(),
                        "is_current": is_current,
                    }
                    found.setdefault(name, []).append((one.at, row))
    return {
        name: [row for _, row in sorted(rows, key=lambda each: -each[0])]
        for name, rows in sorted(found.items())
    }


def _stem(stem: Stem, values: Mapping[str, str]) -> Json:
    shown = plain(stem)
    rest = {name: each for name, each in shown.items() if name not in _ELSEWHERE}
    return {**rest, "anchor": _named(stem.key, values)}


def _event(kept: KeptEvent) -> Json:
    return {"event_id": kept.event_id, **plain(kept.event)}


def _change(kept: KeptChange, values: Mapping[str, str]) -> Json:
    shown = {**plain(kept.row), "value": plain(kept.value)}
    for name in ("person", "name") if kept.row.kind else ("person",):
        key = kept.keys.get(shown[name])
        shown[name] = _named(key, values) if key else NOT_SHOWN
    return {name: shown[name] for name in shown if name not in {"sealed", "subject"}}


def _told(told: Told) -> Json:
    return {"destination": told.destination, **plain(told.delivery), "state": plain(told.state)}


def _suppressed(one: Suppressed) -> Json:
    shown = {"reason": one.change.reason, "holds": one.change.is_on}
    return {**plain(one.address), **shown, "since": moment(one.change.at)}
