"""What a reader could see change when a row was written: a pure function of its two images."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from millrace.identity.model import Edge
from millrace.privacy.consent import Answer
from millrace.profiles.consents import answers
from millrace.profiles.model import Person, Row, Void
from millrace.profiles.rules import ReadRules
from millrace.profiles.seen import unpack
from millrace.profiles.view import Winner, first_values, winners
from millrace.profiles.voids import is_void, voids_of

_encode = msgspec.json.Encoder().encode
Kind = Literal[
    "trait_set",
    "trait_removed",
    "identifier_added",
    "identifier_removed",
    "joined",  # a new name of somebody: `name` says of whom
    "merged",  # a person of its own became a part of `name`
    "moved",  # a name of one person became a name of `name`
    "unmerged",  # a name of `name` became a person of its own
    "consent_set",  # the person's answer about a purpose; `value` is its status
    "rolled_back",  # an operator took back what `source` had said of trait `name`, * for all
    "removed",  # data of kind `name` of one stem, received until `event_at`, as consent ended
]


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is otherwise than before. A new kind of change is one more `kind`."""

    kind: Kind
    name: str
    """The trait; or the row key of an identifier, or of the person who was joined or left."""
    source: str = ""
    stem: str = ""
    """Whose event it was: a value is sealed for them."""
    event: bytes = b""
    """The id of the event that won the trait, or that tied the identifier."""
    event_at: int = 0
    value: bytes | None = None
    """Canonical JSON."""
    operator: str = ""
    """Who did it, where an operator's command and no event of a source did."""


def changes_between(
    before: Person | None, after: Person | None, rules: ReadRules
) -> tuple[Change, ...]:
    """From one state of a root row to the next; None where the row held no person."""
    return (
        *_traits(before, after, rules),
        *_identifiers(before, after),
        *_consents(before, after),
        *_removals(before, after),
    )


def moves_between(before: Row | None, after: Row | None) -> tuple[Change, ...]:
    """Whether the row's name now belongs to somebody else."""
    old, new = (before.to if before else ""), (after.to if after else "")
    if after is None or old == new:
        return ()
    if not new:
        return (Change(kind="unmerged", name=old),)
    if before is None:
        return (Change(kind="joined", name=new),)
    return (Change(kind="moved" if old else "merged", name=new),)


def _traits(before: Person | None, after: Person | None, rules: ReadRules) -> Iterable[Change]:
    old = winners(before, rules) if before else {}
    new = winners(after, rules) if after else {}
    added = _added_voids(before, after)
    for void, stem in added.items():
        yield _rolled_back(void, stem)
    for name in sorted({*old, *new}):
        was, now = _value(old.get(name)), _value(new.get(name))
        if was == now:
            continue
        won = new.get(name) or old[name]
        yield Change(
            kind="trait_removed" if now is None else "trait_set",
            name=name,
            source=won.source,
            stem=won.stem,
            event=won.candidate.event,
            event_at=won.candidate.at,
            value=now,
            operator=_operator(name, old.get(name), added),
        )


def _added_voids(before: Person | None, after: Person | None) -> dict[Void, str]:
    """Each with the stem that it is in."""
    old = {void for _, void in voids_of(before.stems)} if before else set()
    new = {void: stem for stem, void in voids_of(after.stems)} if after else {}
    return {void: new[void] for void in sorted(new.keys() - old)}


def _rolled_back(void: Void, stem: str) -> Change:
    return Change(
        kind="rolled_back",
        name=void.trait or "*",
        source=void.source,
        stem=stem,
        event=void.event,
        event_at=void.until,
        operator=void.operator,
    )


def _operator(name: str, was: Winner | None, added: Iterable[Void]) -> str:
    """Who took back what was there; empty where it gave way to something better."""
    if was is None:
        return ""
    took = (void for void in added if is_void([void], name, was.source, was.candidate.at))
    return next((void.operator for void in took), "")


def _value(won: Winner | None) -> bytes | None:
    return won.candidate.value if won else None


def _identifiers(before: Person | None, after: Person | None) -> Iterable[Change]:
    old = set(first_values(before)) if before else set()
    new = set(first_values(after)) if after else set()
    for key in sorted(old ^ new):
        person = after if key in new else before
        tied = _tie_of(key, person) if person else None
        yield Change(
            kind="identifier_added" if key in new else "identifier_removed",
            name=key,
            stem=_anchor_of(tied, person) if tied and person else "",
            event=tied.event if tied else b"",
            event_at=tied.at if tied else 0,
        )


def _consents(before: Person | None, after: Person | None) -> Iterable[Change]:
    old = answers(before) if before else {}
    for purpose, now in answers(after).items() if after else ():
        was = old.get(purpose)
        if was is not None and was.status == now.status:
            continue
        stem, event = _said_by(after, purpose, now)
        yield Change(
            kind="consent_set",
            name=purpose,
            source=now.source,
            stem=stem,
            event=event,
            event_at=now.at,
            value=_encode(now.status),
        )


def _removals(before: Person | None, after: Person | None) -> Iterable[Change]:
    old = {stem.key: stem.gone for stem in before.stems} if before else {}
    for stem in after.stems if after else ():
        for kind, until in stem.gone.items():
            if until > old.get(stem.key, {}).get(kind, -1):
                yield Change(kind="removed", name=kind, stem=stem.key, event_at=until)


def _said_by(person: Person | None, purpose: str, given: Answer) -> tuple[str, bytes]:
    """The stem and the event of the record that decides."""
    return next(
        (stem.key, record.event)
        for stem in (person.stems if person else ())
        for record in stem.consents.get(purpose, ())
        if (record.at, record.status, record.source) == (given.at, given.status, given.source)
    )


def _tie_of(key: str, person: Person) -> Edge | None:
    """The first edge that makes `key` a name of the person; the first of all names has none."""
    held = (
        edge
        for edge, reason in zip(person.edges, person.reasons, strict=True)
        if not reason and key in (edge.a, edge.b)
    )
    return min(held, default=None)


def _anchor_of(edge: Edge, person: Person) -> str:
    """Whose event tied the two: the end whose stem has just seen it, else the one that has a stem.

    An event is its anchor's, and ties its other names to that one.
    """
    ends = [stem for stem in person.stems if stem.key in (edge.a, edge.b)]
    saw = [stem for stem in ends if edge.event in unpack(stem.seen.packed)]
    return next((stem.key for stem in (*saw, *ends)), "")
