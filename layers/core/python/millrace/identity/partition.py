"""Which edges hold, and so who is one person: a pure function of the set of edges.

Edges are judged in event-time order, so a late event may tie or untie, and every order of
arrival ends in the same people.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Container, Iterable

import msgspec

from millrace.events.kinds import KINDS
from millrace.identity.model import Edge, Limits, kind_of, root_order
from millrace.identity.sharing import shared_in
from millrace.identity.words import blocks_in, is_forgotten, newest_words

TOO_MANY_LINKS = "too_many_links"
"""One of the two identifiers has enough older ties; no later event can change this."""
TWO_USER_IDS = "two_user_ids"
BLOCKED = "blocked"
"""An operator said that two identifiers of these people are not the same person."""
WORD = "word"
"""The edge is an operator's word, which ties nobody."""
SHARED = "shared"
"""So many users were seen with one of the two that it belongs to none of them, as a kiosk does."""
TOO_MANY = {name: f"too_many_{name}s" for name in KINDS}


class Partition(msgspec.Struct, frozen=True):
    """The people that a set of edges makes."""

    groups: dict[str, tuple[str, ...]]
    """Root key to the keys of the person, in order."""
    reasons: dict[Edge, str]
    """Every edge, in order, with why it ties nobody; empty for one that holds."""


def standing(edges: Iterable[Edge]) -> list[Edge]:
    """The first edge of every tie and the last word on every pair, in event-time order."""
    found: dict[tuple[str, str, str], Edge] = {}
    for edge in edges:
        known = found.get(edge.tie)
        if known is None or (edge > known if edge.is_word else edge < known):
            found[edge.tie] = edge
    return sorted(found.values())


def is_outranked(edge: Edge, key: str, edges: Iterable[Edge], limits: Limits) -> bool:
    """Whether `key` has so many ties older than `edge` that `edge` cannot count for it.

    Of words, the newest are kept.
    """
    if edge.is_word:
        return is_forgotten(edge, key, edges)
    kind = kind_of(edge.b if edge.a == key else edge.a)
    older = (
        1
        for other in edges
        if other < edge
        and not other.is_word
        and other.tie != edge.tie
        and (
            (other.a == key and kind_of(other.b) == kind)
            or (other.b == key and kind_of(other.a) == kind)
        )
    )
    return sum(older) >= limits.of(kind)


def kept_by(key: str, edges: Collection[Edge], limits: Limits) -> list[Edge]:
    """Of the ordered, standing `edges`, those of `key` that count.

    These are the oldest ties, per kind at the other end, and the newest words.
    """
    met: Counter[str] = Counter()
    kept = newest_words(key, edges)
    for edge in edges:
        if key in (edge.a, edge.b) and not edge.is_word:
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
    known = standing(edges)
    ties = [edge for edge in known if not edge.is_word]
    outranked = _outranked(ties, limits, beyond)
    blocks = {(block.a, block.b) for block in blocks_in(known)}
    counted = [tie for tie in ties if tie not in outranked and (tie.a, tie.b) not in blocks]
    shared = shared_in(counted, limits)
    people = _People(limits, blocks)
    reasons = dict.fromkeys(known, WORD)
    for tie in ties:
        if tie in outranked:
            reasons[tie] = TOO_MANY_LINKS
        else:
            reasons[tie] = SHARED if {tie.a, tie.b} & shared else people.tie(tie)
    for edge, reason in reasons.items():
        if reason not in {TOO_MANY_LINKS, WORD, ""} and people.are_one(edge.a, edge.b):
            reasons[edge] = ""
    return Partition(people.groups(keys), reasons)


def _outranked(ties: Iterable[Edge], limits: Limits, beyond: Container[Edge]) -> set[Edge]:
    """Those of the ordered ties that have too many older ones at one of their ends."""
    met: Counter[tuple[str, str]] = Counter()
    found = set()
    for tie in ties:
        ends = ((tie.a, kind_of(tie.b)), (tie.b, kind_of(tie.a)))
        met.update(ends)
        if tie in beyond or any(met[end] > limits.of(end[1]) for end in ends):
            found.add(tie)
    return found


class _People:
    """Union-find over row keys that refuses what would break a limit or a block."""

    def __init__(self, limits: Limits, blocks: Iterable[tuple[str, str]]) -> None:
        self._limits = limits
        self._blocks = [set(pair) for pair in blocks]
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
        if any(pair <= members for pair in self._blocks):
            return BLOCKED
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
