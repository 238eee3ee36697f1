"""Who is who once new edges are known: people are joined and parted in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from millrace.identity.model import Edge
from millrace.identity.partition import TOO_MANY_LINKS, WORD, Partition, kept_by, partition
from millrace.profiles.drafting import Drafting, Unit
from millrace.profiles.facts import Fact
from millrace.profiles.former_ties import former_ties, named_by
from millrace.profiles.model import Person, Stem, Write
from millrace.profiles.snapshot import Snapshot, TooManyPeople

MAX_WRITES = 100
"""What one DynamoDB transaction holds."""


class Merging:
    """Recomputes the people whom edges connect, moves their stems and folds the new facts in."""

    def __init__(self, drafting: Drafting, snapshot: Snapshot) -> None:
        self._drafting = drafting
        self._snapshot = snapshot
        self._limits = drafting.rules.limits

    def plan(self, facts: Sequence[Fact], new: Sequence[Edge]) -> Unit:
        """One unit for everybody concerned; TooManyPeople when a transaction cannot hold them."""
        ends = {end for edge in new for end in (edge.a, edge.b)}
        keys = ends | {fact.anchor for fact in facts}
        roots = self._snapshot.load_connected(keys)
        people = {root: self._snapshot.person(root) for root in sorted(roots)}
        keys |= {key for person in people.values() for key in person.keys}
        edges = [*(edge for person in people.values() for edge in person.edges), *new]
        closed, former = self._closed(edges), self._former(people.values(), edges)
        who = partition(
            sorted(keys),
            [edge for edge in edges if edge not in former and not {edge.a, edge.b} & closed],
            self._limits,
            _settled_elsewhere(people.values(), keys),
        )
        unit = Unit(facts=list(facts))
        stems = {
            stem.key: _without_names(stem, closed | named_by(stem.key, former))
            for person in people.values()
            for stem in person.stems
        }
        for root, members in who.groups.items():
            self._place(unit, root, self._gather(members, stems, who))
        unit.writes += self._unchanged(roots, unit.writes)
        if len(unit.writes) > MAX_WRITES:
            raise TooManyPeople
        unit.merges_made = sum(_joined(members, people.values()) for members in who.groups.values())
        unit.merges_refused = sum(
            who.reasons.get(edge, WORD) not in {"", WORD} for edge in set(new)
        )
        return unit

    def _closed(self, edges: Iterable[Edge]) -> set[str]:
        """The ends that were erased: no merge goes through a tombstone, and their names go, too."""
        ends = {end for edge in edges for end in (edge.a, edge.b)}
        return {end for end in ends if self._snapshot.is_closed(end)}

    def _former(self, people: Iterable[Person], edges: Iterable[Edge]) -> set[Edge]:
        """What nobody said of this life of those who began anew."""
        held = self._snapshot.held_anew({end for edge in edges for end in (edge.a, edge.b)})
        return {edge for person in people for edge in former_ties(person, held)}

    def _gather(self, members: tuple[str, ...], stems: dict[str, Stem], who: Partition) -> Person:
        touching = {edge for key in members for edge in kept_by(key, who.reasons, self._limits)}
        edges = tuple(sorted(touching))
        return Person(
            keys=members,
            stems=tuple(stems[key] for key in members if key in stems),
            edges=edges,
            reasons=tuple(who.reasons[edge] for edge in edges),
            anew=tuple(key for key in members if self._snapshot.erased_at(key)),
        )

    def _place(self, unit: Unit, root: str, person: Person) -> None:
        """Write `person` under `root` and point its other keys there."""
        row = self._snapshot.rows.get(root)
        before = self._snapshot.person(root) if row and not row.to else None
        if before:
            person = msgspec.structs.replace(person, committed_at=before.committed_at)
        facts = [fact for fact in unit.facts if fact.anchor in person.keys]
        after = self._drafting.add_facts(unit, person, facts)
        write = self._drafting.root_write(root, before, after, row, self._snapshot.keyring)
        if write:
            unit.writes.append(write)
        pointing = {root, *(before.keys if before else ())}  # as long as the root's version holds
        unit.writes += [self._alias(key, root) for key in person.keys if key not in pointing]

    def _alias(self, key: str, root: str) -> Write:
        return self._drafting.alias_write(key, root, self._snapshot.rows.get(key))

    def _unchanged(self, roots: Iterable[str], writes: Sequence[Write]) -> list[Write]:
        """Checks that people who were asked but stay as they are did not change meanwhile."""
        written = {write.key for write in writes}
        return [
            Write(key=root, expected=self._snapshot.version(root))
            for root in sorted(roots)
            if root not in written
        ]


def _without_names(stem: Stem, keys: set[str]) -> Stem:
    if not stem.identifiers.keys() & keys:
        return stem
    left = {key: each for key, each in stem.identifiers.items() if key not in keys}
    return msgspec.structs.replace(stem, identifiers=left)


def _settled_elsewhere(people: Iterable[Person], keys: set[str]) -> set[Edge]:
    """Edges with too many older ties at an end that nobody here is."""
    return {
        edge
        for person in people
        for edge, reason in zip(person.edges, person.reasons, strict=True)
        if reason == TOO_MANY_LINKS and not (edge.a in keys and edge.b in keys)
    }


def _joined(members: tuple[str, ...], people: Iterable[Person]) -> int:
    """How many people with events became part of another one."""
    own = set(members)
    parts = sum(1 for person in people if any(s.key in own and s.has_events for s in person.stems))
    return max(0, parts - 1)
