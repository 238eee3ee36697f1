"""Identifiers as row keys, and the edges that tie them to each other."""

from __future__ import annotations

from typing import Literal

import msgspec

Rule = Literal["observed", "alias"]

KIND_RANK = {"user_id": 0, "email": 1, "anonymous_id": 2}


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
    """One event said that two identifiers are one person. Edges sort in event-time order."""

    at: int
    event: bytes
    a: str
    """The smaller of the two row keys."""
    b: str
    rule: Rule

    @property
    def tie(self) -> tuple[str, str, str]:
        """What is tied and by which rule; of several edges with one tie, only the first counts."""
        return self.a, self.b, self.rule


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How many identifiers of each kind one person may have, and one identifier be tied to."""

    user_id: int = 16
    """Only user ids that alias calls joined can be more than one; migrations rename a few times."""
    email: int = 8
    """Private, work, old and new addresses; more is a shared or scripted form."""
    anonymous_id: int = 48
    """Browsers, devices and cleared cookies; more is a bot, or a kiosk where many log in."""

    def of(self, kind: str) -> int:
        return int(getattr(self, kind))


LIMITS = Limits()
