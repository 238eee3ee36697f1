"""The use case: page by page through the profiles table, what has had its time goes.

Level-triggered: each run looks at some pages and does what is due *now*. Nothing has to be
remembered but how far the last run came, and losing that only costs time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from millrace.clock import DAY_MS
from millrace.erasure import Gone, forgetting, strangers
from millrace.errors import GiveUp
from millrace.privacy.ledger import Entry
from millrace.profiles.encoding import open_person, unseal
from millrace.profiles.keyring import Keyring
from millrace.profiles.model import Person, Row, SealedPerson, Write
from millrace.profiles.ports import Conflict
from millrace.profiles.withdrawals import overdue
from millrace.retention.emptying import Emptying
from millrace.retention.ports import Retained, RetainPorts, Terms
from millrace.retention.withdrawing import entries_of, removing

SWEEP_DAYS = 7
"""How long an emptied row is looked at again, for what a crash left behind."""
BUDGET_MS = 600_000
PAGES = 10_000


def budget_of(event: Mapping[str, Any]) -> int:
    """How long a run may take: what whoever invokes it asks for, never more than the usual."""
    asked = event.get("budget_ms")
    return min(max(asked, 0), BUDGET_MS) if isinstance(asked, int) else BUDGET_MS


def retain(
    terms: Terms,
    ports: RetainPorts,
    *,
    pages: int = PAGES,
    budget_ms: int = BUDGET_MS,
    rest: float = 0.1,
) -> Retained:
    """One run: at most so many pages and so much time, with a rest after each page."""
    until = ports.clock.now_ms() + budget_ms
    run = _Run(terms, ports)
    cursor = ports.attic.cursor()
    for _ in range(pages):
        rows, cursor = ports.attic.page(cursor)
        run.look_at(rows)
        if cursor is None or ports.clock.now_ms() >= until:
            break
        ports.sleep(rest)
    ports.attic.keep_cursor(cursor)
    return run.report()


class _Run:
    def __init__(self, terms: Terms, ports: RetainPorts) -> None:
        self._terms = terms
        self._ports = ports
        self._before = ports.clock.now_ms() - terms.profiles_days * DAY_MS
        self._emptying = Emptying(ports)
        self._counts = dict.fromkeys(Retained.__struct_fields__, 0)

    def report(self) -> Retained:
        return Retained(**self._counts)

    def look_at(self, rows: Sequence[Row]) -> None:
        """Do what is due for the people in a page; the keys of all their stems are read at once."""
        self._counts["rows"] += len(rows)
        keyring = Keyring(self._ports.subjects.read)
        people = self._people(rows)
        keyring.load(stem.key for _, person in people for stem in person.stems)
        staying = []
        for row, person in people:
            if not person.stems and len(person.keys) == 1:
                self._sweep(row, person)
            elif person.committed_at < self._before:
                self._expire(row, person, keyring)
            else:
                staying.append((row, person))
        self._tend(staying, keyring)

    def _people(self, rows: Sequence[Row]) -> list[tuple[Row, SealedPerson]]:
        """Who is in the root rows among `rows`."""
        found = []
        for row in rows:
            if row.to or row.is_tombstone:
                continue
            try:
                found.append((row, unseal(row, self._ports.vault)))
            except GiveUp:
                self._counts["unreadable"] += 1
        return found

    def _expire(self, row: Row, person: SealedPerson, keyring: Keyring) -> None:
        try:
            self._emptying.empty(row, person, keyring)
            self._counts["expired"] += 1
        except Conflict:
            self._counts["returned"] += 1

    def _tend(self, staying: Sequence[tuple[Row, SealedPerson]], keyring: Keyring) -> None:
        """Who stays loses what they hold of the erased; if there is none, what they withdrew."""
        opened = list(self._opened(staying, keyring))
        met = {row.key: strangers(person) for row, person in opened}
        found = self._ports.store.read_rows(set().union(*met.values()))
        erased = {key for key, row in found.items() if row.is_tombstone}
        for row, person in opened:
            if gone := met[row.key] & erased:
                self._clear(row, person, gone, keyring)
            else:
                self._withdraw(row, person, keyring)

    def _opened(
        self, sealed: Sequence[tuple[Row, SealedPerson]], keyring: Keyring
    ) -> Iterator[tuple[Row, Person]]:
        for row, outer in sealed:
            try:
                yield row, open_person(outer, keyring)
            except GiveUp:
                self._counts["unreadable"] += 1

    def _clear(self, row: Row, person: Person, keys: Collection[str], keyring: Keyring) -> None:
        """An erasure finds others by the ties that are kept; a backup brings them back."""
        vault, region = self._ports.vault, self._terms.phone_region
        gone = Gone(keys=frozenset(keys), vault=vault, phone_region=region)
        write, _ = forgetting(row, person, gone, keyring, self._terms.destinations)
        if write is not None:
            self._change(write, "cleared")

    def _withdraw(self, row: Row, person: Person, keyring: Keyring) -> None:
        found = overdue(person, self._terms.consent, self._said, self._ports.clock.now_ms())
        if not found:
            return
        self._change(removing(row, person, found, keyring, self._ports, self._terms), "withdrawn")

    def _change(self, write: Write, count: str) -> None:
        try:
            self._ports.store.write(write)
            self._counts[count] += 1
        except Conflict:
            self._counts["contended"] += 1

    def _said(self, stems: Sequence[str]) -> Iterable[Entry]:
        return entries_of(self._ports.ledger, stems)

    def _sweep(self, row: Row, person: SealedPerson) -> None:
        """Drop the ids of a row that is still empty *after* they were listed: none is of today."""
        age = self._ports.clock.now_ms() - person.committed_at
        if not DAY_MS < age < SWEEP_DAYS * DAY_MS:
            return
        blocks = self._ports.store.read_ids(row.key, 0)
        now = self._ports.store.read_rows([row.key]).get(row.key) if blocks else None
        if now is not None and now.version == row.version:
            self._ports.attic.drop_ids(blocks)
