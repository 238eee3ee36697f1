"""A person of whom no event came for so long becomes rows of names that nobody uses.

One transaction over all rows, conditional on every version that was read: an event that comes
first makes it fail, and wins; one that comes later finds an empty row and starts a new profile.
The rows stay, without content: a plain delete would let version numbers begin anew under a writer
that still holds an old one.

Whoever has more names than a transaction holds is emptied name by name: each step takes some names
off the person, with their stems and ties, and leaves the rest a person for the next step or run.

What hung on the rows goes before and after. Before: destinations that were told of the person are
to be asked to delete them, which is kept first, as it names them; what they were told is forgotten,
which makes them be told once more, at worst. After: ids of events, which lost early would let an
event count twice.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import msgspec

from millrace.erasure import Farewell, Known, with_person
from millrace.errors import GiveUp
from millrace.profiles.encoding import open_person, seal_outer
from millrace.profiles.keyring import Keyring
from millrace.profiles.model import IdBlock, Row, SealedPerson, Write
from millrace.retention.ports import RetainPorts

MOST_ROWS = 100
"""Of one transaction."""


class Emptying:
    """Empties people, all or nothing of each step."""

    def __init__(self, ports: RetainPorts, most_rows: int = MOST_ROWS) -> None:
        self._ports = ports
        self._most_aliases = most_rows - 1

    def empty(self, row: Row, person: SealedPerson, keyring: Keyring) -> None:
        """Raises Conflict when an event was faster: what is left by then stays."""
        keys = sorted({row.key, *person.keys})
        told = self._ports.attic.told(keys)
        if told:
            farewell = Farewell(told=tuple(told), last_commit=person.committed_at)
            self._ports.farewells.open(_known(person, keyring), farewell)
            self._ports.attic.drop_deliveries(keys)
        aliases = self._aliases(row, person)
        while len(aliases) > self._most_aliases:
            some, aliases = aliases[: self._most_aliases], aliases[self._most_aliases :]
            row, person = self._part(row, person, some)
        blocks = self._blocks(stem.key for stem in person.stems)
        self._write([self._emptied(each) for each in (row, *aliases)])
        self._ports.attic.drop_ids(blocks)

    def _aliases(self, row: Row, person: SealedPerson) -> list[Row]:
        found = self._ports.store.read_rows(set(person.keys) - {row.key})
        return [found[key] for key in sorted(found) if found[key].to == row.key]

    def _part(
        self, row: Row, person: SealedPerson, aliases: Sequence[Row]
    ) -> tuple[Row, SealedPerson]:
        """Empty `aliases` and let the person of `row` forget them."""
        gone = {alias.key for alias in aliases}
        left = _without(person, gone)
        blocks = self._blocks(stem.key for stem in person.stems if stem.key in gone)
        smaller = msgspec.structs.replace(
            row, version=row.version + 1, state=seal_outer(left, row.key, self._ports.vault)
        )
        parted = Write(key=row.key, expected=row.version, row=smaller)
        self._write([parted, *(self._emptied(each) for each in aliases)])
        self._ports.attic.drop_ids(blocks)
        return smaller, left

    def _blocks(self, stems: Iterable[str]) -> list[IdBlock]:
        return [block for stem in stems for block in self._ports.store.read_ids(stem, 0)]

    def _write(self, writes: Sequence[Write]) -> None:
        if len(writes) == 1:
            self._ports.store.write(writes[0])
        else:
            self._ports.store.write_together(writes)

    def _emptied(self, row: Row) -> Write:
        nobody = SealedPerson((row.key,), (), (), self._ports.clock.now_ms(), ())
        version = row.version + 1
        state = seal_outer(nobody, row.key, self._ports.vault)
        emptied = Row(key=row.key, version=version, state=state, erased_at=row.erased_at)
        return Write(key=row.key, expected=row.version, row=emptied)


def _known(person: SealedPerson, keyring: Keyring) -> Known:
    """Every identifier; of a person who cannot be opened only what their rows tell."""
    try:
        return with_person(Known(keys=person.keys), open_person(person, keyring))
    except GiveUp:
        return Known(keys=person.keys)


def _without(person: SealedPerson, gone: Collection[str]) -> SealedPerson:
    """The person without these names, what was known under them and what tied them."""
    pairs = zip(person.edges, person.reasons, strict=True)
    held = [(edge, reason) for edge, reason in pairs if not {edge.a, edge.b} & set(gone)]
    return msgspec.structs.replace(
        person,
        keys=tuple(key for key in person.keys if key not in gone),
        edges=tuple(edge for edge, _ in held),
        reasons=tuple(reason for _, reason in held),
        stems=tuple(stem for stem in person.stems if stem.key not in gone),
        anew=tuple(key for key in person.anew if key not in gone),
    )
