"""What another rule would make of the people there are: who would be joined or parted, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from millrace.identity.model import Edge, Limits
from millrace.identity.partition import WORD, partition, standing


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """One person as the table has them."""

    keys: tuple[str, ...]
    edges: tuple[Edge, ...] = ()
    reasons: tuple[str, ...] = ()


class Turned(msgspec.Struct, frozen=True, kw_only=True):
    """A tie that holds no longer, or holds from then on."""

    edge: Edge
    before: str
    """Why it is refused; empty while it holds."""
    after: str


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """People who hang together, as they are and as they would be."""

    before: tuple[tuple[str, ...], ...]
    """The keys of each person."""
    after: tuple[tuple[str, ...], ...]
    why: tuple[Turned, ...]

    @property
    def kind(self) -> str:
        """`merge`, `split`, or `move` where their number stays."""
        grown = len(self.after) - len(self.before)
        return "move" if not grown else "split" if grown > 0 else "merge"


def what_if(
    people: Mapping[str, Known], limits: Limits, words: Iterable[Edge] = ()
) -> list[Change]:
    """What would change under `limits`, and with more `words` of operators, in order of roots.

    A tie that an older limit had no room for was forgotten, so raising a limit can do more than
    is told here once its events are replayed.
    """
    words = list(words)
    found = []
    for roots in _hanging_together(people):
        own = [people[root] for root in roots]
        change = _change(own, limits, words)
        if change:
            found.append(change)
    return found


def _change(people: list[Known], limits: Limits, words: list[Edge]) -> Change | None:
    before = tuple(sorted(person.keys for person in people))
    keys = sorted(key for person in people for key in person.keys)
    inside = set(keys)
    told = {
        edge: reason
        for person in people
        for edge, reason in zip(person.edges, person.reasons, strict=True)
    }
    own = [word for word in words if word.a in inside or word.b in inside]
    edges = standing([*told, *own])
    who = partition(
        keys, [edge for edge in edges if edge.is_word or _is_inside(edge, inside)], limits
    )
    after = tuple(sorted(who.groups.values()))
    if after == before:
        return None
    turned = [
        Turned(edge=edge, before=told.get(edge, WORD), after=reason)
        for edge, reason in who.reasons.items()
        if bool(told.get(edge, WORD)) != bool(reason)
    ]
    return Change(before=before, after=after, why=tuple(turned))


def _is_inside(edge: Edge, keys: set[str]) -> bool:
    return edge.a in keys and edge.b in keys


def _hanging_together(people: Mapping[str, Known]) -> list[list[str]]:
    """Roots that edges, held or refused, connect; words connect nobody."""
    home = {key: root for root, person in people.items() for key in person.keys}
    joined = {root: root for root in people}

    def find(root: str) -> str:
        while joined[root] != root:
            joined[root] = root = joined[joined[root]]
        return root

    for root, person in people.items():
        for edge in person.edges:
            for end in () if edge.is_word else (edge.a, edge.b):
                if end in home:
                    joined[find(home[end])] = find(root)
    groups: dict[str, list[str]] = {}
    for root in sorted(people):
        groups.setdefault(find(root), []).append(root)
    return list(groups.values())
