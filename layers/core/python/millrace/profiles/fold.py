"""The fold: what events add up to, in whatever order, however often split into batches.

Every part is a set operation that forgets order: the newest per source and value, sums, minima
and maxima, and bounds that keep the same elements whichever came first. The caller leaves out
events that the stem has seen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterable
from typing import Any, TypeVar

import msgspec

from millrace.events.operation import OPERATION
from millrace.privacy.signals import RECORD
from millrace.profiles.facts import Fact
from millrace.profiles.model import Candidate, Count, Stem
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


def fold(stem: Stem, facts: Iterable[Fact], blocked: Container[int] = ()) -> Stem:
    """The stem with `facts` added; of those whose numbers are `blocked`, only who they name."""
    draft = _Draft(stem)
    for fact in facts:
        draft.meet(fact)
        if fact.number not in blocked:
            draft.add(fact)
    return draft.finish()


class _Draft:
    def __init__(self, stem: Stem) -> None:
        self._stem = stem
        self._identifiers = dict(stem.identifiers)
        self._traits = dict(stem.traits)
        self._counters = dict(stem.counters)
        self._flags = set(stem.flags)
        self._first, self._last, self._received = stem.first_seen, stem.last_seen, stem.received_at
        self._voids = set(stem.voids)

    def meet(self, fact: Fact) -> None:
        """Who the event names, and that it came: a refusal has to reach all of a person."""
        event = fact.event
        if event.type == OPERATION and event.name != RECORD:
            return  # nothing that the person said or did; that it came is remembered by its id
        self._received = max(self._received, event.received_at)
        for key, value in fact.identifiers.items():
            known = self._identifiers.get(key)
            first = event.event_at if known is None else min(known[1], event.event_at)
            self._identifiers[key] = (value, first)

    def add(self, fact: Fact) -> None:
        event = fact.event
        if event.type == OPERATION:
            self._operate(fact)
            return
        self._first = min(self._first or event.event_at, event.event_at)
        self._last = max(self._last, event.event_at)
        self._count(event.label, event.event_at)
        for name, value in event.traits.items():
            self._offer(name, event.source, event.event_at, fact.id, value)

    def finish(self) -> Stem:
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
        )

    def _operate(self, fact: Fact) -> None:
        void = void_of(fact.event, fact.id)
        if void:
            self._voids.add(void)

    def _count(self, label: str, at: int) -> None:
        if len(label) > MAX_NAME_CHARACTERS:
            self._flags.add("label_oversized")
            return
        known = self._counters.get(label)
        self._counters[label] = (
            Count(known.count + 1, min(known.first, at), max(known.last, at))
            if known
            else Count(1, at, at)
        )

    def _offer(self, name: str, source: str, at: int, event: bytes, value: Any) -> None:
        encoded = _encode(value)
        if len(name) > MAX_NAME_CHARACTERS or len(encoded) > MAX_VALUE_BYTES:
            self._flags.add("trait_oversized")
            return
        by_source = dict(self._traits.get(name, {}))
        by_source[source] = newest((*by_source.get(source, ()), Candidate(at, event, encoded)))
        self._traits[name] = self._bounded(by_source, MAX_SOURCES, "sources_overflow")

    def _bounded(self, named: dict[str, T], most: int, flag: str) -> dict[str, T]:
        """At most `most` entries: those with the smallest hashes, whichever came first."""
        if len(named) <= most:
            return named
        self._flags.add(flag)
        return {name: named[name] for name in sorted(named, key=_hashed)[:most]}


def newest(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """The newest candidates with distinct values, the newest first."""
    latest: dict[bytes, Candidate] = {}
    for candidate in candidates:
        known = latest.get(candidate.value)
        if known is None or candidate > known:
            latest[candidate.value] = candidate
    return tuple(sorted(latest.values(), reverse=True)[:VALUES_PER_SOURCE])


def _hashed(name: str) -> tuple[bytes, str]:
    return hashlib.blake2b(name.encode(), digest_size=8).digest(), name
