"""Which edges hold, and so who is one person: a pure function of the set of edges.

Edges are judged in event-time order, so a late event may tie or untie, and every order of
arrival ends in the same people.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable

import msgspec

from millrace.identity.model import Edge, Limits, kind_of, root_order

TOO_MANY_LINKS = "too_many_links"
"""One of the two identifiers has enough older ties; no later event can change this."""
TWO_USER_IDS = "two_user_ids"
TOO_MANY = {
    "user_id": "too_many_user_ids",
    "email": "too_many_emails",
    "anonymous_id": "too_many_anonymous_ids",
}


class Partition(msgspec.Struct, frozen=True):
    """The people that a set of edges makes."""

    groups: dict[str, tuple[str, ...]]
    """Root key to the keys of the person, in order."""
    reasons: dict[Edge, str]
    """Every edge, in order, with why it was refused; empty for one that holds."""


def first_edges(edges: Iterable[Edge]) -> list[Edge]:
    """The first edge of every tie, in event-time order."""
    first: dict[tuple[str, str, str], Edge] = {}
    for edge in edges:
        tie = edge.tie
        known = first.get(tie)
        if known is None or edge < known:
            first[tie] = edge
    return sorted(first.values())


def is_outranked(edge: Edge, key: str, edges: Iterable[Edge], limits: Limits) -> bool:
    """Whether `key` has so many ties older than `edge` that `edge` cannot count for it."""
    kind = kind_of(edge.b if edge.a == key else edge.a)
    older = (
        1
        for other in edges
        if other < edge
        and other.tie != edge.tie
        and (
            (other.a == key and kind_of(other.b) == kind)
            or (other.b == key and kind_of(other.a) == kind)
        )
    )
    return sum(older) >= limits.of(kind)


def oldest_of(key: str, edges: Iterable[Edge], limits: Limits) -> list[Edge]:
    """Of the ordered `edges`, those of `key` that count: the oldest, per kind at the other end."""
    met: Counter[str] = Counter()
    kept = []
    for edge in edges:
        if key in (edge.a, edge.b):
            kind = kind_of(edge.b if edge.a == key else edge.a)
            met[kind] += 1
            if met[kind] <= limits.of(kind):
                kept.append(edge)
    return kept


def partition(
    keys: Iterable[str],
    edges: Iterable[Edge],
    limits: Limits,
    beyond: Container[Edge] = frozenset(),
) -> Partition:
    """Who `keys` are, taken together; an edge that ties must have both ends among `keys`.

    Edges in `beyond` are known to have too many older ties at an end whose ties are not here.
    """
    people = _People(limits)
    met: Counter[tuple[str, str]] = Counter()
    reasons: dict[Edge, str] = {}
    for edge in first_edges(edges):
        ends = ((edge.a, kind_of(edge.b)), (edge.b, kind_of(edge.a)))
        met.update(ends)
        is_beyond = edge in beyond or any(met[end] > limits.of(end[1]) for end in ends)
        reasons[edge] = TOO_MANY_LINKS if is_beyond else people.tie(edge)
    for edge, reason in reasons.items():
        if reason and reason != TOO_MANY_LINKS and people.are_one(edge.a, edge.b):
            reasons[edge] = ""
    return Partition(people.groups(keys), reasons)


class _People:
    """Union-find over row keys that refuses what would break a limit."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._members: dict[str, set[str]] = {}
        self._alias_of: dict[str, str] = {}

    def are_one(self, a: str, b: str) -> bool:
        return self._group(a) is self._group(b)

    def tie(self, edge: Edge) -> str:
        """Make the two ends one person; the reason if that is refused."""
        left, right = self._group(edge.a), self._group(edge.b)
        is_rename = edge.rule == "alias" and kind_of(edge.a) == kind_of(edge.b) == "user_id"
        if left is not right:
            reason = self._refusal(left | right, edge if is_rename else None)
            if reason:
                return reason
            left |= right
            self._members.update(dict.fromkeys(right, left))
        old, new = self._name(edge.a), self._name(edge.b)
        if is_rename and old != new:
            self._alias_of[old] = new
        return ""

    def groups(self, keys: Iterable[str]) -> dict[str, tuple[str, ...]]:
        groups = {id(group): group for group in (self._group(key) for key in keys)}
        return {min(group, key=root_order): tuple(sorted(group)) for group in groups.values()}

    def _group(self, key: str) -> set[str]:
        return self._members.setdefault(key, {key})

    def _refusal(self, members: set[str], rename: Edge | None) -> str:
        kinds = Counter(kind_of(key) for key in members)
        for kind, count in sorted(kinds.items()):
            if count > self._limits.of(kind):
                return TOO_MANY[kind]
        names = {self._name(key) for key in members if kind_of(key) == "user_id"}
        if rename and self._name(rename.a) != self._name(rename.b):
            names.discard(self._name(rename.a))
        return TWO_USER_IDS if len(names) > 1 else ""

    def _name(self, key: str) -> str:
        """One name for all user ids that alias calls made the same."""
        while key in self._alias_of:
            key = self._alias_of[key]
        return key
