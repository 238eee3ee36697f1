"""The profile of a person: its stems merged, its identifiers ranked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from millrace.identity.model import kind_of, profile_id
from millrace.profiles.consents import answers
from millrace.profiles.model import Candidate, Person, Profile, Stem
from millrace.profiles.voids import Offers, standing

DEFAULT_PRIORITY = 50

_decode = msgspec.json.Decoder().decode
_canonical = msgspec.json.Encoder(order="deterministic").encode


def profile_of(
    person: Person, root: str, version: int, priorities: Mapping[str, int]
) -> Profile | None:
    """What readers see; None for a name that is tied to a person but has no events yet."""
    stems = [stem for stem in person.stems if stem.has_events]
    if not stems:
        return None
    winners = winning_values(person, priorities)
    traits = {name: _decode(value) for name, value in winners.items()}
    counts: Counter[str] = Counter()
    for stem in stems:
        counts.update({label: counter.count for label, counter in stem.counters.items()})
    as_of = max(stem.received_at for stem in stems)
    return Profile(
        profile_id=profile_id(root),
        key=root,
        identifiers=_identifiers(person, root, traits),
        traits=traits,
        version=version,
        as_of=as_of,
        lag_ms=max(0, person.committed_at - as_of),
        first_seen=min((stem.first_seen for stem in stems if stem.first_seen), default=0),
        last_seen=max(stem.last_seen for stem in stems),
        counters=dict(sorted(counts.items())),
        consents=answers(person),
    )


class Winner(msgspec.Struct, frozen=True, array_like=True, order=True):
    """The candidate that readers see of a trait, and whence it came. The greatest wins."""

    priority: int
    candidate: Candidate
    source: str
    stem: str


def winners(person: Person, priorities: Mapping[str, int]) -> dict[str, Winner]:
    """Trait name to the winner: by source priority, then event time, then event id."""
    best: dict[str, Winner] = {}
    for name, offers in standing(offers_of(person.stems), person.stems).items():
        for source, given in offers.items():
            priority = priorities.get(source, DEFAULT_PRIORITY)
            for stem, candidates in given:
                offered = Winner(priority, candidates[0], source, stem)
                known = best.get(name)
                if known is None or offered > known:
                    best[name] = offered
    return {name: best[name] for name in sorted(best)}


def offers_of(stems: Iterable[Stem]) -> dict[str, Offers]:
    """What sources have said of each trait, as much of it as is kept."""
    found: dict[str, Offers] = {}
    for stem in stems:
        for name, by_source in stem.traits.items():
            known = found.setdefault(name, {})
            for source, candidates in by_source.items():
                known.setdefault(source, []).append((stem.key, candidates))
    return found


def winning_values(person: Person, priorities: Mapping[str, int]) -> dict[str, bytes]:
    """Trait name to canonical JSON of the winner."""
    return {name: won.candidate.value for name, won in winners(person, priorities).items()}


def visible(person: Person, priorities: Mapping[str, int]) -> tuple[object, ...]:
    """What destinations can see of a person, to be compared before and after."""
    if not any(stem.has_events for stem in person.stems):
        return ()
    said = {purpose: given.status for purpose, given in answers(person).items()}
    return winning_values(person, priorities), first_values(person), said


def first_values(person: Person) -> dict[str, tuple[str, int]]:
    """The person's own identifiers: row key to value and the first time it was seen.

    An identifier that an event named but whose tie was refused belongs to somebody else.
    """
    own = set(person.keys)
    found: dict[str, tuple[str, int]] = {}
    for stem in person.stems:
        for key, (value, first) in stem.identifiers.items():
            if key in own and (key not in found or first < found[key][1]):
                found[key] = (value, first)
    return found


def canonical_json(profile: Profile) -> bytes:
    """The profile without what only tells when it was written: equal for equal sets of events."""
    kept = msgspec.structs.asdict(profile)
    del kept["version"], kept["lag_ms"]
    return _canonical(kept)


def _identifiers(
    person: Person, root: str, traits: Mapping[str, Any]
) -> dict[str, tuple[str, ...]]:
    """Best first: what names the person, the e-mail of the traits, then the latest to appear."""
    address = str(traits.get("email", "")).strip().casefold()

    def rank(entry: tuple[str, tuple[str, int]]) -> tuple[bool, bool, int, str]:
        key, (value, first) = entry
        return key != root, value != address, -first, key

    ranked: dict[str, tuple[str, ...]] = {}
    for key, (value, _) in sorted(first_values(person).items(), key=rank):
        ranked[kind_of(key)] = (*ranked.get(kind_of(key), ()), value)
    return dict(sorted(ranked.items()))
