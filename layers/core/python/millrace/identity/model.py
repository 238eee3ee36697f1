"""Identifiers as row keys, and the edges that tie them to each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from millrace.events.kinds import KINDS

Rule = Literal["observed", "alias", "blocked", "allowed"]
"""What an event says of two identifiers: seen together, renamed, or an operator's word on them."""
WORDS: Mapping[str, Rule] = {"identity.block": "blocked", "identity.allow": "allowed"}
"""The rule of an operation, by its name."""

KIND_RANK = {name: place for place, name in enumerate(KINDS)}


def row_key(kind: str, token: str) -> str:
    """The key of an identifier's row: its kind and its look-up token, never its value."""
    return f"i#{kind}#{token}"


def kind_of(key: str) -> str:
    """The kind of the identifier whose row `key` is."""
    return key.split("#", 2)[1]


def profile_id(root: str) -> str:
    """The public name of the person whose root row is `root`."""
    return "p_" + root.split("#", 2)[2]


def root_order(key: str) -> tuple[int, str]:
    """Who of several identifiers becomes the root: the smallest."""
    return KIND_RANK[kind_of(key)], key


class Edge(msgspec.Struct, frozen=True, array_like=True, order=True):
    """What one event said of two identifiers. Edges sort in event-time order."""

    at: int
    event: bytes
    a: str
    """The smaller of the two row keys."""
    b: str
    rule: Rule

    @property
    def tie(self) -> tuple[str, str, str]:
        """What is tied and by which rule, or spoken of.

        Of several edges with one tie only the first counts, of words on one pair only the last.
        """
        return self.a, self.b, "word" if self.is_word else self.rule

    @property
    def is_word(self) -> bool:
        """Whether an operator said it; such an edge ties nobody."""
        return self.rule in {"blocked", "allowed"}


class Limits:
    """How many identifiers make a person; what is not given is as the table of kinds has it."""

    def __init__(self, *, shared_by: Mapping[str, int] = {}, **most: int) -> None:
        if unknown := {*most, *shared_by} - set(KINDS):
            raise ValueError(f"no kinds of identifiers: {sorted(unknown)}")
        self._most = {name: most.get(name, kind.most) for name, kind in KINDS.items()}
        self._shared_by = {
            name: shared_by.get(name, kind.shared_by) for name, kind in KINDS.items()
        }

    def but(self, *, shared_by: Mapping[str, int] = {}, **most: int) -> Limits:
        """These limits, with some of them set otherwise."""
        return Limits(shared_by=self._shared_by | dict(shared_by), **(self._most | most))

    def of(self, kind: str) -> int:
        """So many of a kind one person may have, and so many one identifier be tied to."""
        return self._most[kind]

    def shared_by(self, kind: str) -> int:
        """One that more user ids than this are tied to is shared; 0 where that is no matter."""
        return self._shared_by[kind]


LIMITS = Limits()
