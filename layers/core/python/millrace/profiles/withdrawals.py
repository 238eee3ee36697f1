"""Which data is kept for a purpose that was withdrawn so long ago that its term is over."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec

from millrace.clock import DAY_MS
from millrace.privacy.ledger import Entry
from millrace.profiles.consents import answer_about
from millrace.profiles.model import Person
from millrace.profiles.removal import holds
from millrace.settings import ConsentSettings, KeptData

FOREVER = 1 << 62
Said = Callable[[Sequence[str]], Iterable[Entry]]
"""What the ledger has of the stems of these keys."""


class Overdue(msgspec.Struct, frozen=True, kw_only=True):
    """Data in a profile that the withdrawal of a purpose ended."""

    purpose: str
    kinds: tuple[KeptData, ...]
    days: int
    """Since the withdrawal."""
    allowed: int


def overdue(person: Person, rules: ConsentSettings, said: Said, now_ms: int) -> tuple[Overdue, ...]:
    """What has to go at `now_ms`, by purpose."""
    found = []
    for purpose, known in sorted(rules.purposes.items()):
        kinds = tuple(kind for kind in sorted(known.keeps) if holds(person, kind))
        until = now_ms - known.withdrawn_days * DAY_MS
        since = _withdrawn_by(until, purpose, person, said) if kinds else None
        if since is not None:
            days, allowed = (now_ms - since) // DAY_MS, known.withdrawn_days
            found.append(Overdue(purpose=purpose, kinds=kinds, days=days, allowed=allowed))
    return tuple(found)


def _withdrawn_by(until: int, purpose: str, person: Person, said: Said) -> int | None:
    """Since when the person has refused; None if they do not, or have not since `until`.

    A banner repeats a refusal with every page, and the profile keeps the newest. So where that is
    too young, the ledger tells the first of the row.
    """
    given = answer_about(purpose, person)
    if given is None or given.status != "denied":
        return None
    since = given.at
    if since > until:
        since = min(since, first_refusal(purpose, said([stem.key for stem in person.stems])))
    return since if since <= until else None


def first_refusal(purpose: str, entries: Iterable[Entry]) -> int:
    """The first refusal after the last yes; FOREVER where there is none."""
    own = sorted(
        (entry.at, entry.status)
        for entry in entries
        if entry.kind == "consent" and entry.purpose == purpose
    )
    granted = max((at for at, status in own if status == "granted"), default=-1)
    return min((at for at, status in own if status == "denied" and at > granted), default=FOREVER)
