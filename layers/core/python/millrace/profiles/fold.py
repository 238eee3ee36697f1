"""The fold: what events add up to, in whatever order, however often split into batches.

Every part is a set operation that forgets order: the newest per source and value, sums, minima
and maxima, and bounds that keep the same elements whichever came first. The caller leaves out
events that the stem has seen.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from typing import Any, TypeVar

import msgspec

from millrace.behaviour.bounds import bounded
from millrace.behaviour.model import Behaviour, BehaviourDraft, means_something
from millrace.events.operation import OPERATION
from millrace.privacy.signals import RECORD
from millrace.profiles import windows
from millrace.profiles.facts import Fact
from millrace.profiles.model import Candidate, Kept, Stem
from millrace.profiles.policies import joined, worth
from millrace.profiles.rules import DEFAULT_RULES, ReadRules
from millrace.profiles.voids import MAX_VOIDS, newest_voids, void_of

MAX_LABELS = 128
MAX_TRAITS = 256
MAX_SOURCES = 16
MAX_IDENTIFIERS = 64
MAX_NAME_CHARACTERS = 256
MAX_VALUE_BYTES = 4096
VALUES_PER_SOURCE = 2
"""The newest value of a source, and the one before it that differs."""

_encode = msgspec.json.Encoder(order="deterministic").encode
T = TypeVar("T")


def fold(
    stem: Stem,
    facts: Iterable[Fact],
    blocked: Container[int] = (),
    rules: ReadRules = DEFAULT_RULES,
) -> Stem:
    """The stem with `facts` added; of those whose numbers are `blocked`, only who they name."""
    draft = _Draft(stem, rules)
    for fact in facts:
        draft.meet(fact)
        if fact.number not in blocked:
            draft.add(fact)
    return draft.finish()


def merged(stems: Sequence[Stem]) -> Stem:
    """One stem that is what the events of all would have made of the first, ids apart."""
    if len(stems) == 1:
        return stems[0]
    draft = _Draft(stems[0], DEFAULT_RULES)
    for stem in stems[1:]:
        draft.absorb(stem)
    return draft.finish()


class _Draft:
    def __init__(self, stem: Stem, rules: ReadRules) -> None:
        self._stem = stem
        self._rules = rules
        self._kept = dict(stem.kept)
        self._behaviour: BehaviourDraft | None = None
        self._identifiers = dict(stem.identifiers)
        self._traits = dict(stem.traits)
        self._counters = dict(stem.counters)
        self._flags = set(stem.flags)
        self._first, self._last, self._received = stem.first_seen, stem.last_seen, stem.received_at
        self._voids = set(stem.voids)
        self._counts_after = stem.gone.get("behaviour", -1)
        self._computes_after = stem.gone.get("computed", -1)

    def meet(self, fact: Fact) -> None:
        """Who the event names, and that it came: a refusal has to reach all of a person."""
        event = fact.event
        if event.type == OPERATION and event.name != RECORD:
            return  # nothing that the person said or did; that it came is remembered by its id
        self._received = max(self._received, event.received_at)
        for key, value in fact.identifiers.items():
            self._name(key, value, event.event_at)

    def add(self, fact: Fact) -> None:
        event = fact.event
        if event.type == OPERATION:
            self._voids |= {void} if (void := void_of(event, fact.id)) else set()
            return
        if event.received_at > self._counts_after:
            self._count(event.label, event.event_at)
        if event.received_at > self._computes_after and means_something(
            event, self._rules.behaviour.points
        ):
            self._behave().add(event, fact.id)
        for name, value in event.traits.items():
            self._offer(name, event.source, event.event_at, fact.id, value)

    def absorb(self, stem: Stem) -> None:
        """Add what the events of another stem added up to."""
        self._received = max(self._received, stem.received_at)
        if stem.counters:
            self._span(stem.first_seen, stem.last_seen)
        self._flags |= set(stem.flags)
        self._voids |= set(stem.voids)
        for key, (value, first) in stem.identifiers.items():
            self._name(key, value, first)
        for label, count in stem.counters.items():
            known = self._counters.get(label)
            self._counters[label] = windows.joined(known, count) if known else count
        for name, by_source in stem.traits.items():
            for source, candidates in by_source.items():
                self._stand(name, source, candidates)
        for named, kept in stem.kept.items():
            self._keep(named, kept)
        if stem.behaviour != Behaviour():
            self._behave().absorb(stem.behaviour)

    def finish(self) -> Stem:
        behaviour = self._behaviour.finish() if self._behaviour else self._stem.behaviour
        identifiers = sorted(self._identifiers.items(), key=lambda one: (one[1][1], one[0]))
        if len(identifiers) > MAX_IDENTIFIERS:
            self._flags.add("identifiers_overflow")
        if len(self._voids) > MAX_VOIDS:
            self._flags.add("voids_overflow")
        return Stem(
            key=self._stem.key,
            identifiers=dict(identifiers[:MAX_IDENTIFIERS]),
            traits=self._bounded(self._traits, MAX_TRAITS, "traits_overflow"),
            counters=self._bounded(self._counters, MAX_LABELS, "labels_overflow"),
            first_seen=self._first,
            last_seen=self._last,
            received_at=self._received,
            flags=tuple(sorted(self._flags)),
            seen=self._stem.seen,
            consents=self._stem.consents,
            voids=newest_voids(self._voids),
            kept=self._bounded(self._kept, MAX_TRAITS, "traits_overflow"),
            behaviour=behaviour,
            gone=self._stem.gone,
        )

    def _count(self, label: str, at: int) -> None:
        self._span(at, at)
        if len(label) > MAX_NAME_CHARACTERS:
            self._flags.add("label_oversized")
        else:
            self._counters[label] = windows.counted(self._counters.get(label), at)

    def _span(self, first: int, last: int) -> None:
        self._first = min(self._first or first, first)
        self._last = max(self._last, last)

    def _name(self, key: str, value: str, first: int) -> None:
        known = self._identifiers.get(key)
        self._identifiers[key] = (value, first if known is None else min(known[1], first))

    def _behave(self) -> BehaviourDraft:
        if self._behaviour is None:
            points = self._rules.behaviour.points
            self._behaviour = BehaviourDraft(self._stem.behaviour, points)
        return self._behaviour

    def _offer(self, name: str, source: str, at: int, event: bytes, value: Any) -> None:
        encoded = _encode(value)
        if len(name) > MAX_NAME_CHARACTERS or len(encoded) > MAX_VALUE_BYTES:
            self._flags.add("trait_oversized")
            return
        offered = Candidate(at, event, encoded)
        self._stand(name, source, (offered,))
        policy = self._rules.policy(name)
        if kept := worth(policy, offered, value):
            self._keep(f"{policy} {name}", kept)

    def _stand(self, name: str, source: str, candidates: tuple[Candidate, ...]) -> None:
        by_source = dict(self._traits.get(name, {}))
        by_source[source] = newest((*by_source.get(source, ()), *candidates))
        self._traits[name] = self._bounded(by_source, MAX_SOURCES, "sources_overflow")

    def _keep(self, named: str, more: Kept) -> None:
        known = self._kept.get(named)
        self._kept[named] = joined(known, more, named.partition(" ")[0]) if known else more

    def _bounded(self, named: dict[str, T], most: int, flag: str) -> dict[str, T]:
        if len(named) > most:
            self._flags.add(flag)
        return bounded(named, most)


def newest(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """The newest candidates with distinct values, the newest first."""
    latest: dict[bytes, Candidate] = {}
    for candidate in candidates:
        known = latest.get(candidate.value)
        if known is None or candidate > known:
            latest[candidate.value] = candidate
    return tuple(sorted(latest.values(), reverse=True)[:VALUES_PER_SOURCE])
