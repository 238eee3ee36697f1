"""The profile of a person: its stems merged, its identifiers ranked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any

import msgspec

from millrace.behaviour.bounds import bounded
from millrace.identity.model import kind_of, profile_id
from millrace.profiles.computed import computed, lasting
from millrace.profiles.consents import answers
from millrace.profiles.fold import MAX_SOURCES, MAX_TRAITS, merged
from millrace.profiles.model import Candidate, Person, Profile, Stem
from millrace.profiles.policies import CHOOSING, decide, joined
from millrace.profiles.rules import ReadRules
from millrace.profiles.voids import Offers, standing, voids_of

_decode = msgspec.json.Decoder().decode
_canonical = msgspec.json.Encoder(order="deterministic").encode


def profile_of(
    person: Person, root: str, version: int, rules: ReadRules, now_ms: int
) -> Profile | None:
    """What readers see; None for a name that is tied to a person but has no events yet."""
    stems = [stem for stem in person.stems if stem.has_events]
    if not stems:
        return None
    winners = winning_values(person, rules)
    traits = {name: _decode(value) for name, value in winners.items()}
    one = merged(stems)
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
        counters={label: one.counters[label].count for label in sorted(one.counters)},
        consents=answers(person),
        computed=computed(one, rules, now_ms),
    )


class Winner(msgspec.Struct, frozen=True, array_like=True, order=True):
    """The candidate that readers see of a trait, and whence it came. The greatest wins."""

    weight: int
    candidate: Candidate
    source: str
    stem: str


def winners(person: Person, rules: ReadRules) -> dict[str, Winner]:
    """Trait name to the winner under the trait's policy: see `millrace.profiles.policies`."""
    found: dict[str, Winner] = {}
    for name, by_source in standing(offers_of(person.stems), person.stems).items():
        policy = rules.policy(name)
        if policy in CHOOSING:
            is_weighed = policy == "priority"
            found[name] = max(
                Winner(rules.weight(source) if is_weighed else 0, candidates[0], source, stem)
                for source, offered in by_source.items()
                for stem, candidates in offered
            )
        elif won := _decided(name, policy, by_source, person.stems):
            found[name] = won
    return {name: found[name] for name in sorted(found)}


def _decided(name: str, policy: str, offers: Offers, stems: Sequence[Stem]) -> Winner | None:
    """The winner by what the stems keep of a trait.

    Once something of it was taken back, what is kept cannot tell without: then the candidates
    that stand decide alone. Only a sum stays: no candidate tells what was added.
    """
    parts = [kept for stem in stems if (kept := stem.kept.get(f"{policy} {name}"))]
    if policy != "sum" and any(void.trait in ("", name) for _, void in voids_of(stems)):
        parts = []
    kept = reduce(lambda one, other: joined(one, other, policy), parts) if parts else None
    given = [
        Winner(0, candidate, source, stem)
        for source, offered in offers.items()
        for stem, candidates in offered
        for candidate in candidates
    ]
    won = decide(policy, kept, [one.candidate for one in given])
    if won is None:
        return None
    giver = next((one for one in given if one.candidate.event == won.event), max(given))
    return Winner(0, won, giver.source, giver.stem)


def offers_of(stems: Sequence[Stem]) -> dict[str, Offers]:
    """What sources have said of each trait, as much of it as is kept.

    A person of several stems has no more traits than one stem may.
    """
    found: dict[str, Offers] = {}
    for stem in stems:
        for name, by_source in stem.traits.items():
            known = found.setdefault(name, {})
            for source, candidates in by_source.items():
                known.setdefault(source, []).append((stem.key, candidates))
    if len(stems) == 1:
        return found
    return {
        name: bounded(offered, MAX_SOURCES) for name, offered in bounded(found, MAX_TRAITS).items()
    }


def winning_values(person: Person, rules: ReadRules) -> dict[str, bytes]:
    """Trait name to canonical JSON of the winner."""
    return {name: won.candidate.value for name, won in winners(person, rules).items()}


def visible(person: Person, rules: ReadRules) -> tuple[object, ...]:
    """What destinations can see of a person, to be compared before and after."""
    if not any(stem.has_events for stem in person.stems):
        return ()
    said = {purpose: given.status for purpose, given in answers(person).items()}
    return winning_values(person, rules), first_values(person), said, lasting(person)


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
