"""Mistakes in who is who."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from millrace.identity import partition as partitions
from millrace.profiles import (
    fold,
)
from millrace.profiles.merging import Merging
from millrace.profiles.model import Seen, Stem
from millrace.profiles.snapshot import Snapshot
from tests.simulation.mutants.planting import Patch, mutant


@mutant
def edges_are_judged_in_order_of_arrival() -> list[Patch]:
    def standing(edges: Any) -> list[Any]:
        first: dict[Any, Any] = {}
        for edge in edges:
            first.setdefault(edge.tie, edge)
        return list(first.values())

    return [(partitions, "standing", standing)]


@mutant
def refused_edges_are_forgotten() -> list[Patch]:
    def gather(self: Merging, members: Any, stems: Any, who: Any) -> Any:
        person = real(self, members, stems, who)
        held = [edge for edge in person.edges if not who.reasons[edge]]
        return msgspec.structs.replace(person, edges=tuple(held), reasons=("",) * len(held))

    real = Merging._gather
    return [(Merging, "_gather", gather)]


@mutant
def an_earlier_edge_of_a_known_tie_is_not_looked_at() -> list[Patch]:
    def knows(self: Snapshot, root: str | None, edge: Any, limits: Any) -> bool:
        if root is not None and any(known.tie == edge.tie for known in self.person(root).edges):
            return True
        return real(self, root, edge, limits)

    real = Snapshot._knows
    return [(Snapshot, "_knows", knows)]


@mutant
def people_tied_by_refused_edges_are_not_asked() -> list[Patch]:
    def ends(self: Snapshot, root: str) -> set[str]:
        person = self.person(root)
        pairs = zip(person.edges, person.reasons, strict=True)
        held = {end for edge, reason in pairs if not reason for end in edge.tie[:2]}
        return held - set(person.keys)

    return [(Snapshot, "_ends", ends)]


@mutant
def a_merge_forgets_the_blocks_of_those_it_joins() -> list[Patch]:
    def gather(self: Merging, members: Any, stems: Any, who: Any) -> Any:
        person = real(self, members, stems, who)
        if len(members) < 2:
            return person
        kept = [one for one in zip(person.edges, person.reasons, strict=True) if not one[0].is_word]
        return msgspec.structs.replace(
            person,
            edges=tuple(edge for edge, _ in kept),
            reasons=tuple(reason for _, reason in kept),
        )

    real = Merging._gather
    return [(Merging, "_gather", gather)]


@mutant
def the_first_word_on_a_pair_counts_for_ever() -> list[Patch]:
    def standing(edges: Any) -> list[Any]:
        found: dict[Any, Any] = {}
        for edge in sorted(edges):
            found.setdefault(edge.tie, edge)
        return sorted(found.values())

    return [(partitions, "standing", standing)]


@mutant
def the_word_that_arrives_last_counts() -> list[Patch]:
    def standing(edges: Any) -> list[Any]:
        edges = list(edges)
        words = {edge.tie: edge for edge in edges if edge.is_word}
        return sorted([*real(edge for edge in edges if not edge.is_word), *words.values()])

    def knows(self: Snapshot, root: str | None, edge: Any, limits: Any) -> bool:
        if edge.is_word and root is not None:
            return edge in self.person(root).edges
        return knew(self, root, edge, limits)

    real, knew = partitions.standing, Snapshot._knows
    return [(partitions, "standing", standing), (Snapshot, "_knows", knows)]


@mutant
def an_allowance_is_ignored() -> list[Patch]:
    def blocks_in(edges: Any) -> list[Any]:
        return [edge for edge in edges if edge.is_word]

    return [(partitions, "blocks_in", blocks_in)]


@mutant
def a_block_holds_only_for_ties_that_come_after_it() -> list[Patch]:
    def tie(self: Any, edge: Any) -> str:
        before = self._blocks
        self._blocks = [pair for pair in before if since[tuple(sorted(pair))] < edge.at]
        try:
            return real(self, edge)
        finally:
            self._blocks = before

    def blocks_in(edges: Any) -> list[Any]:
        found = known(edges)
        since.update({(one.a, one.b): one.at for one in found})
        return found

    since: dict[Any, int] = {}
    real, known = partitions._People.tie, partitions.blocks_in
    return [(partitions._People, "tie", tie), (partitions, "blocks_in", blocks_in)]


@mutant
def an_operation_counts_as_behaviour() -> list[Patch]:
    return [(fold, "OPERATION", "nothing of that kind")]


@mutant
def a_merge_forgets_the_ids_of_the_one_who_joins() -> list[Patch]:
    return [
        (Merging, "_gather", _gathering(lambda stem: msgspec.structs.replace(stem, seen=Seen())))
    ]


@mutant
def a_merge_forgets_the_events_of_the_one_who_joins() -> list[Patch]:
    return [(Merging, "_gather", _gathering(lambda stem: Stem(key=stem.key, seen=stem.seen)))]


def _gathering(change: Callable[[Stem], Stem]) -> Any:
    def gather(self: Merging, members: Any, stems: Any, who: Any) -> Any:
        person = real(self, members, stems, who)
        root = min(members, key=partitions.root_order)
        own = self._snapshot.rows.get(root)
        old = self._snapshot.person(root).keys if own and not own.to else (root,)
        changed = tuple(one if one.key in old else change(one) for one in person.stems)
        return msgspec.structs.replace(person, stems=changed)

    real = Merging._gather
    return gather


@mutant
def who_was_joined_is_not_pointed_to_the_new_root() -> list[Patch]:
    def place(self: Merging, unit: Any, root: str, person: Any) -> None:
        first = len(unit.writes)
        real(self, unit, root, person)
        old = self._snapshot.rows
        unit.writes[first:] = [
            one
            for one in unit.writes[first:]
            if not (one.row and one.row.to and (row := old.get(one.key)) and not row.to)
        ]

    real = Merging._place
    return [(Merging, "_place", place)]


@mutant
def an_alias_that_was_read_is_believed_to_still_be_there() -> list[Patch]:
    """Its version is checked by nobody; only the version of its root is."""

    def place(self: Merging, unit: Any, root: str, person: Any) -> None:
        first = len(unit.writes)
        real(self, unit, root, person)
        rows = self._snapshot.rows
        unit.writes[first:] = [
            one
            for one in unit.writes[first:]
            if not (one.row and one.row.to and (row := rows.get(one.key)) and row.to == root)
        ]

    real = Merging._place
    return [(Merging, "_place", place)]
