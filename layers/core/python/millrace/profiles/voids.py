"""What an operator took back: candidates that lose, whenever they arrive, and what stands instead.

A void is kept in the stem that the operation was folded into and holds for the whole person. Voids
are a set, and which candidates a stem keeps does not depend on them: so a rollback before, between
or after the events it takes back ends in the same profile.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from millrace.events import Event
from millrace.events.vocabulary.rollbacks import (
    MAX_RESTORED,
    Restored,
    SourceRollback,
    TraitRollback,
)
from millrace.profiles.model import Candidate, Stem, Void

MAX_VOIDS = 32
"""Of one stem; of more, the newest are kept and the stem says `voids_overflow`."""
MAX_RESTORED_BYTES = 8192
"""Of all values that one operation puts back."""
KINDS: Mapping[str, type[TraitRollback | SourceRollback]] = {
    "trait.rollback": TraitRollback,
    "source.rollback": SourceRollback,
}
Offers = dict[str, list[tuple[str, tuple[Candidate, ...]]]]
"""Of one trait by source: the key of a stem and its candidates, the newest first."""
Given = tuple[str, str, Candidate]
"""Trait, source and candidate."""

_encode = msgspec.json.Encoder(order="deterministic").encode


def void_of(event: Event, event_id: bytes) -> Void | None:
    """The void that an operation asks for; None for an operation of another kind."""
    kind = KINDS.get(event.name)
    if kind is None:
        return None
    properties = dict(event.properties)
    operator = str(properties.pop("operator", ""))
    properties.pop("reason", None)
    asked = msgspec.convert(properties, kind)
    return Void(
        until=event.event_at,
        event=event_id,
        since=asked.first,
        trait=asked.trait if isinstance(asked, TraitRollback) else "",
        source=asked.source,
        operator=operator,
        restored=_bounded([_kept(one) for one in asked.restore]),
    )


def fitting(candidates: Sequence[Candidate]) -> int:
    """How many of these, from the first on, one operation can put back."""
    size = 0
    for count, candidate in enumerate(candidates):
        size += len(candidate.value)
        if size > MAX_RESTORED_BYTES or count == MAX_RESTORED:
            return count
    return len(candidates)


def newest_voids(voids: Iterable[Void]) -> tuple[Void, ...]:
    """As many as a stem keeps, the newest last."""
    return tuple(sorted(set(voids))[-MAX_VOIDS:])


def voids_of(stems: Iterable[Stem]) -> list[tuple[str, Void]]:
    """Every void of a person, with the key of its stem."""
    return [(stem.key, void) for stem in stems for void in stem.voids]


def is_void(voids: Iterable[Void], trait: str, source: str, at: int) -> bool:
    """Whether what `source` said of `trait` at `at` was taken back."""
    return any(
        void.since <= at <= void.until and void.trait in ("", trait) and void.source in ("", source)
        for void in voids
    )


def standing(offered: Mapping[str, Offers], stems: Sequence[Stem]) -> dict[str, Offers]:
    """What stands of the candidates of all traits, and what was put back."""
    voids = [void for _, void in voids_of(stems)]
    if not voids:
        return dict(offered)
    every = put_back(offered, stems)
    left = {name: _left(name, offers, voids) for name, offers in every.items()}
    return {name: offers for name, offers in left.items() if offers}


def put_back(offered: Mapping[str, Offers], stems: Iterable[Stem]) -> dict[str, Offers]:
    """The candidates of all traits, with those that operators put back."""
    every = {name: {source: list(o) for source, o in own.items()} for name, own in offered.items()}
    for stem, void in voids_of(stems):
        for trait, source, candidate in void.restored:
            every.setdefault(trait, {}).setdefault(source, []).append((stem, (candidate,)))
    return every


def _left(name: str, offers: Offers, voids: Sequence[Void]) -> Offers:
    left: Offers = {}
    for source, given in offers.items():
        for stem, candidates in given:
            stay = tuple(one for one in candidates if not is_void(voids, name, source, one.at))
            if stay:
                left.setdefault(source, []).append((stem, stay))
    return left


def _bounded(kept: list[Given]) -> tuple[Given, ...]:
    return tuple(sorted(kept[: fitting([candidate for _, _, candidate in kept])]))


def _kept(one: Restored) -> Given:
    return one.trait, one.source, Candidate(one.at, bytes.fromhex(one.event), _encode(one.value))


def restored_of(trait: str, source: str, candidate: Candidate) -> dict[str, Any]:
    """A candidate as an operation carries it."""
    return {
        "trait": trait,
        "source": source,
        "at": candidate.at,
        "event": candidate.event.hex(),
        "value": msgspec.json.decode(candidate.value),
    }
