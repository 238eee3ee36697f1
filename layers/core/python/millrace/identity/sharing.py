"""Identifiers that many people use: a kiosk's browser, a family's address. They tie nobody."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from millrace.identity.model import Edge, Limits, kind_of

USER = "user_id"


def shared_in(ties: Sequence[Edge], limits: Limits) -> set[str]:
    """The row keys that are tied to more users than their kind can be; renamed ones are one user.

    Refused ties count as well: that two users log in on one device is what makes it a shared one.
    """
    users: dict[str, set[str]] = {}
    for tie in ties:
        for key, other in ((tie.a, tie.b), (tie.b, tie.a)):
            if kind_of(other) == USER and limits.shared_by(kind_of(key)):
                users.setdefault(key, set()).add(other)
    suspects = {
        key: others for key, others in users.items() if len(others) > limits.shared_by(kind_of(key))
    }
    if not suspects:
        return set()
    names = _names(ties)
    return {
        key
        for key, others in suspects.items()
        if len({names.get(other, other) for other in others}) > limits.shared_by(kind_of(key))
    }


def _names(ties: Iterable[Edge]) -> dict[str, str]:
    """One name for all user ids that alias calls joined."""
    names: dict[str, str] = {}
    for tie in ties:
        if tie.rule == "alias" and kind_of(tie.a) == kind_of(tie.b) == USER:
            kept, lost = sorted((names.get(tie.a, tie.a), names.get(tie.b, tie.b)))
            names |= {user: kept for user, name in names.items() if name == lost}
            names |= {tie.a: kept, tie.b: kept}
    return names
