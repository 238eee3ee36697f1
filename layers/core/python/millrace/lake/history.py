"""What a profile was at a moment, from the rows of `profile_changes`: exactly what readers saw."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

import msgspec

from millrace.errors import GiveUp
from millrace.identity.model import profile_id
from millrace.lake.model import ChangeRow

MOVES = frozenset({"joined", "merged", "moved"})
MAX_HOPS = 8


class History(Protocol):
    """The table `profile_changes`, each row once."""

    def rows(self, keys: Collection[str], until: int) -> list[ChangeRow]:
        """Every row whose `key` is one of `keys`, in whatever order; rather more than `until`."""
        ...


class CachedHistory:
    """A `History` that is asked once for many people."""

    def __init__(self, inner: History) -> None:
        self._inner = inner
        self._rows: dict[str, list[ChangeRow]] = {}

    def load(self, keys: Collection[str], until: int) -> None:
        """Read the rows of those `keys` that are not here."""
        wanted = [key for key in dict.fromkeys(keys) if key not in self._rows]
        self._rows |= {key: [] for key in wanted}
        for row in self._inner.rows(wanted, until) if wanted else ():
            self._rows[row.key].append(row)

    def rows(self, keys: Collection[str], until: int) -> list[ChangeRow]:
        self.load(keys, until)
        return [row for key in keys for row in self._rows[key]]

    def forget(self) -> None:
        """Keep no more rows than are needed at once."""
        self._rows.clear()


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """A person as they were. What somebody had then, they may have given to another since."""

    profile_id: str
    key: str
    consents: dict[str, ChangeRow]
    """Purpose to the change that made the answer what it was."""
    traits: dict[str, ChangeRow]
    """Trait name to the change that made it what it was; the value is sealed in there."""
    identifiers: tuple[str, ...]
    """Row keys, in order."""
    since: int
    """When the last of these changes was committed."""


def past_of(history: History, key: str, at: int) -> Past | None:
    """The person whom the identifier of row `key` found at `at`; None where it found nobody."""
    for _ in range(MAX_HOPS):
        rows = rows_until(history.rows([key], at), key, at)
        if not rows:
            return None
        if rows[-1].change not in MOVES:
            return _past(key, rows) if rows[-1].change != "erased" else None
        key = rows[-1].name
    raise GiveUp("alias_too_long", f"the history leads over more than {MAX_HOPS} rows")


def rows_until(rows: Sequence[ChangeRow], key: str, at: int) -> list[ChangeRow]:
    """The rows of `key` that were committed by `at`, in the order in which they happened."""
    own = (row for row in rows if row.key == key and row.committed_at <= at)
    return sorted(own, key=lambda row: (row.version, row.change != "unmerged", row.name))


def _past(key: str, rows: Sequence[ChangeRow]) -> Past:
    traits: dict[str, ChangeRow] = {}
    consents: dict[str, ChangeRow] = {}
    identifiers: set[str] = set()
    for row in rows:
        match row.change:
            case "trait_set":
                traits[row.name] = row
            case "trait_removed":
                traits.pop(row.name, None)
            case "identifier_added":
                identifiers.add(row.name)
            case "identifier_removed":
                identifiers.discard(row.name)
            case "consent_set":
                consents[row.name] = row
            case change if change in MOVES or change == "erased":
                traits, consents, identifiers = {}, {}, set()
    return Past(
        profile_id=profile_id(key),
        key=key,
        consents=dict(sorted(consents.items())),
        traits=dict(sorted(traits.items())),
        identifiers=tuple(sorted(identifiers)),
        since=rows[-1].committed_at,
    )
