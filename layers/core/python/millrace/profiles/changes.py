"""What a reader could see change when a row was written: a pure function of its two images."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from millrace.identity.model import Edge
from millrace.profiles.model import Person, Row
from millrace.profiles.view import Winner, first_values, winners

Kind = Literal[
    "trait_set",
    "trait_removed",
    "identifier_added",
    "identifier_removed",
    "joined",  # a new name of somebody: `name` says of whom
    "merged",  # a person of its own became a part of `name`
    "moved",  # a name of one person became a name of `name`
    "unmerged",  # a name of `name` became a person of its own
]


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is otherwise than before. A new kind of change is one more `kind`."""

    kind: Kind
    name: str
    """The trait; or the row key of an identifier, or of the person who was joined or left."""
    source: str = ""
    stem: str = ""
    """Whose event it was: the value is sealed for them."""
    event: bytes = b""
    """The id of the event that won the trait, or that tied the identifier."""
    event_at: int = 0
    old: bytes | None = None
    """Canonical JSON of the value before; None where there was none."""
    value: bytes | None = None
    operator: str = ""
    """Who did it, where an operator's command and no event of a source did."""


def changes_between(
    before: Person | None, after: Person | None, priorities: Mapping[str, int]
) -> tuple[Change, ...]:
    """From one state of a root row to the next; None where the row held no person."""
    return (*_traits(before, after, priorities), *_identifiers(before, after))


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


def _traits(
    before: Person | None, after: Person | None, priorities: Mapping[str, int]
) -> Iterable[Change]:
    old = winners(before, priorities) if before else {}
    new = winners(after, priorities) if after else {}
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
            old=was,
            value=now,
        )


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
            event=tied.event if tied else b"",
            event_at=tied.at if tied else 0,
        )


def _tie_of(key: str, person: Person) -> Edge | None:
    """The first edge that makes `key` a name of the person; the first of all names has none."""
    held = (
        edge
        for edge, reason in zip(person.edges, person.reasons, strict=True)
        if not reason and key in (edge.a, edge.b)
    )
    return min(held, default=None)
