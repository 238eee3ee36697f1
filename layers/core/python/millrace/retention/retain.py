"""The use case: page by page through the profiles table, people without events are emptied.

Level-triggered: each run looks at some pages and empties whoever is due *now*. Nothing has to be
remembered but how far the last run came, and losing that only costs time.

A person is emptied by one transaction over all their rows, conditional on every version that was
read: an event that comes first makes it fail, and wins; one that comes later finds an empty row
and starts a new profile. The rows stay, without content, as those of names that nobody uses: a
plain delete would let version numbers begin anew under a writer that still holds an old one.

What is in the rows no longer names anybody; what hung on them goes before (what destinations were
told: losing it makes them be told once more, which is harmless) and after (ids of events: losing
them early would count an event twice).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from millrace.clock import DAY_MS, Clock
from millrace.errors import GiveUp
from millrace.privacy import Vault
from millrace.profiles.encoding import unseal
from millrace.profiles.model import IdBlock, Row, SealedPerson, Write
from millrace.profiles.ports import Conflict, ProfileStore

SWEEP_DAYS = 7
"""How long an emptied row is looked at again, for what a crash left behind."""
BUDGET_MS = 600_000
PAGES = 10_000
MOST_ROWS = 100
"""Of one transaction."""
Cursor = Mapping[str, Any] | None


class Attic(Protocol):
    """What retention needs beyond a `ProfileStore`. Raises RetryLater where a table is silent."""

    def page(self, cursor: Cursor) -> tuple[list[Row], Cursor]:
        """The rows of a page after `cursor`, and the cursor of the next; None at the end."""
        ...

    def cursor(self) -> Cursor:
        """Where the last run stopped."""
        ...

    def keep_cursor(self, cursor: Cursor) -> None:
        """Remember where this run stopped."""
        ...

    def drop_ids(self, blocks: Sequence[IdBlock]) -> None:
        """Delete exactly these id blocks; one that is gone is no error."""
        ...

    def drop_deliveries(self, keys: Collection[str]) -> None:
        """Forget what destinations were told about these rows."""
        ...


class RetainPorts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything outside that retention touches."""

    store: ProfileStore
    attic: Attic
    vault: Vault
    clock: Clock
    sleep: Callable[[float], None]


class Retained(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a run, in people."""

    rows: int = 0
    expired: int = 0
    returned: int = 0
    """Who came back while being emptied: the event won."""
    unreadable: int = 0


def budget_of(event: Mapping[str, Any]) -> int:
    """How long a run may take: what whoever invokes it asks for, never more than the usual."""
    asked = event.get("budget_ms")
    return min(max(asked, 0), BUDGET_MS) if isinstance(asked, int) else BUDGET_MS


def retain(
    days: int,
    ports: RetainPorts,
    *,
    pages: int = PAGES,
    budget_ms: int = BUDGET_MS,
    rest: float = 0.1,
) -> Retained:
    """One run: at most so many pages and so much time, with a rest after each page."""
    until = ports.clock.now_ms() + budget_ms
    run = _Run(ports.clock.now_ms() - days * DAY_MS, ports)
    cursor = ports.attic.cursor()
    for _ in range(pages):
        rows, cursor = ports.attic.page(cursor)
        for row in rows:
            run.look_at(row)
        if cursor is None or ports.clock.now_ms() >= until:
            break
        ports.sleep(rest)
    ports.attic.keep_cursor(cursor)
    return run.report()


class _Run:
    def __init__(self, before: int, ports: RetainPorts) -> None:
        self._before = before
        self._ports = ports
        self._counts = dict.fromkeys(Retained.__struct_fields__, 0)

    def report(self) -> Retained:
        return Retained(**self._counts)

    def look_at(self, row: Row) -> None:
        """Empty the person in a root row who is due; sweep behind one who was emptied lately."""
        self._counts["rows"] += 1
        if row.to or row.is_tombstone:
            return
        try:
            person = unseal(row, self._ports.vault)
        except GiveUp:
            self._counts["unreadable"] += 1
            return
        if person.stems and person.committed_at < self._before:
            self._expire(row, person)
        elif not person.stems and self._is_swept(person):
            self._sweep(row)

    def _is_swept(self, person: SealedPerson) -> bool:
        age = self._ports.clock.now_ms() - person.committed_at
        return DAY_MS < age < SWEEP_DAYS * DAY_MS

    def _expire(self, row: Row, person: SealedPerson) -> None:
        stems = [stem.key for stem in person.stems]
        blocks = [block for stem in stems for block in self._ports.store.read_ids(stem, 0)]
        self._ports.attic.drop_deliveries(sorted({row.key, *person.keys}))
        try:
            self._empty(row, person)
        except Conflict:
            self._counts["returned"] += 1
            return
        self._ports.attic.drop_ids(blocks)
        self._counts["expired"] += 1

    def _empty(self, row: Row, person: SealedPerson) -> None:
        """The root and its aliases become names that nobody uses, all or none of them."""
        aliases = self._ports.store.read_rows(set(person.keys) - {row.key})
        own = [each for each in aliases.values() if each.to == row.key][: MOST_ROWS - 1]
        writes = [self._emptied(each) for each in (row, *own)]
        if len(writes) == 1:
            self._ports.store.write(writes[0])
        else:
            self._ports.store.write_together(writes)

    def _emptied(self, row: Row) -> Write:
        nobody = SealedPerson((row.key,), (), (), self._ports.clock.now_ms(), ())
        state = self._ports.vault.seal(msgspec.msgpack.encode(nobody), context=f"profile|{row.key}")
        version = row.version + 1
        emptied = Row(key=row.key, version=version, state=state, erased_at=row.erased_at)
        return Write(key=row.key, expected=row.version, row=emptied)

    def _sweep(self, row: Row) -> None:
        """Drop the ids of a row that is still empty *after* they were listed: none is of today."""
        blocks = self._ports.store.read_ids(row.key, 0)
        now = self._ports.store.read_rows([row.key]).get(row.key) if blocks else None
        if now is not None and now.version == row.version:
            self._ports.attic.drop_ids(blocks)
