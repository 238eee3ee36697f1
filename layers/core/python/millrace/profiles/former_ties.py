"""Ties of a former life: what others still say of a name that was erased and has begun anew.

Whoever holds a name holds every tie of it that counts. A tie to a name that began anew, which
the person of that name does not hold, was therefore made before the erasure, and ties nobody.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from millrace.identity.model import Edge
from millrace.identity.partition import TOO_MANY_LINKS
from millrace.identity.words import is_forgotten
from millrace.profiles.model import Person


def former_ties(person: Person, held: Mapping[str, Collection[Edge]]) -> frozenset[Edge]:
    """The edges of `person` that a new life at their other end knows nothing of.

    `held`: for each key that began anew, the edges of the person who has it now. A tie that was
    too many for its other end, or a word that it forgot, says nothing of a former life.
    """
    return frozenset(
        edge
        for edge, reason in zip(person.edges, person.reasons, strict=True)
        for end in (edge.a, edge.b)
        if end in held
        and end not in person.keys
        and edge not in held[end]
        and reason != TOO_MANY_LINKS
        and not (edge.is_word and is_forgotten(edge, end, held[end]))
    )


def named_by(stem: str, ties: Iterable[Edge]) -> set[str]:
    """The names that a stem mentions because of `ties`: an event of its own made them."""
    return {
        edge.b if edge.a == stem else edge.a
        for edge in ties
        if stem in (edge.a, edge.b) and not edge.is_word
    }
