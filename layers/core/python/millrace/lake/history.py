"""What a profile was at a moment, from the rows of `profile_changes`: exactly what readers saw."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

import msgspec

from millrace.errors import GiveUp
from millrace.lake.model import ChangeRow

MOVES = frozenset({"joined", "merged", "moved"})
MAX_HOPS = 8


class History(Protocol):
    """The table `profile_changes`, each row once."""

    def rows(self, people: Collection[str], until: int) -> list[ChangeRow]:
        """Every row of these pseudonyms, in whatever order; rather more than `until`."""
        ...


class CachedHistory:
    """A `History` that is asked once for many people."""

    def __init__(self, inner: History) -> None:
        self._inner = inner
        self._rows: dict[str, list[ChangeRow]] = {}

    def load(self, people: Collection[str], until: int) -> None:
        """Read the rows of those `people` that are not here."""
        wanted = [person for person in dict.fromkeys(people) if person not in self._rows]
        self._rows |= {person: [] for person in wanted}
        for row in self._inner.rows(wanted, until) if wanted else ():
            self._rows[row.person].append(row)

    def rows(self, people: Collection[str], until: int) -> list[ChangeRow]:
        self.load(people, until)
        return [row for person in people for row in self._rows[person]]

    def forget(self) -> None:
        """Keep no more rows than are needed at once."""
        self._rows.clear()


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """A person as they were. What somebody had then, they may have given to another since."""

    person: str
    """The pseudonym under which they were found."""
    consents: dict[str, ChangeRow]
    """Purpose to the change that made the answer what it was."""
    traits: dict[str, ChangeRow]
    """Trait name to the change that made it what it was; the value is sealed in there."""
    identifiers: dict[str, str]
    """The pseudonyms of their names, with the kind of each."""
    since: int
    """When the last of these changes was committed."""


def past_of(history: History, person: str, at: int) -> Past | None:
    """Whom the identifier of this pseudonym found at `at`; None where it found nobody."""
    for _ in range(MAX_HOPS):
        rows = rows_until(history.rows([person], at), person, at) if person else []
        if not rows:
            return None
        if rows[-1].change not in MOVES:
            return _past(person, rows)
        person = rows[-1].name
    raise GiveUp("alias_too_long", f"the history leads over more than {MAX_HOPS} rows")


def rows_until(rows: Sequence[ChangeRow], person: str, at: int) -> list[ChangeRow]:
    """The rows of `person` that were committed by `at`, in the order in which they happened."""
    own = (row for row in rows if row.person == person and row.committed_at <= at)
    return sorted(own, key=lambda row: (row.version, row.change != "unmerged", row.name))


def _past(person: str, rows: Sequence[ChangeRow]) -> Past:
    traits: dict[str, ChangeRow] = {}
    consents: dict[str, ChangeRow] = {}
    identifiers: dict[str, str] = {}
    for row in rows:
        match row.change:
            case "trait_set":
                traits[row.name] = row
            case "trait_removed":
                traits.pop(row.name, None)
            case "identifier_added":
                identifiers[row.name] = row.kind
            case "identifier_removed":
                identifiers.pop(row.name, None)
            case "consent_set":
                consents[row.name] = row
            case change if change in MOVES:
                traits, consents, identifiers = {}, {}, {}
    return Past(
        person=person,
        consents=dict(sorted(consents.items())),
        traits=dict(sorted(traits.items())),
        identifiers=dict(sorted(identifiers.items())),
        since=rows[-1].committed_at,
    )
