"""The use case: page by page, what lies under an older branch key is sealed under the current one.

Only the outer layer is opened, never what a subject's key seals. Each item is replaced under the
condition that it is as it was read: a writer wins, an erasure wins, and the next sweep comes by.
After every page the progress is kept; whoever stops anywhere goes on there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from millrace.errors import GiveUp
from millrace.privacy.branches import CURRENT_MS, Branches
from millrace.privacy.sealing import branch_version
from millrace.rotation.model import Part, SealedItem, Sweep, Tally
from millrace.rotation.ports import Shelf, SweepPorts

BUDGET_MS = 600_000
REST_SECONDS = 0.1
"""After every page."""
REST_PER_ITEM = 0.005
"""After every item that was written: at most 200 a second, so that events come first."""


class Swept(msgspec.Struct, frozen=True, kw_only=True):
    """What one run came to."""

    items: int = 0
    resealed: int = 0
    changed: int = 0
    """Somebody wrote them meanwhile."""
    unreadable: int = 0
    is_done: bool = False


def is_due(branches: Branches, sweep: Sweep) -> bool:
    """Whether a sweep has to run: something may lie under a version that does not seal any more."""
    if not branches.superseded:
        return False
    last = sweep.last
    if sweep.started_at or last is None or not _is_after_move(branches, last):
        return True
    return any(last.remaining(version) for version in branches.superseded)


def _is_after_move(branches: Branches, tally: Tally) -> bool:
    """Whether it began when no sandbox sealed under an older version any more."""
    current = branches.version(branches.current)
    return current is not None and tally.started_at >= current.since + CURRENT_MS


def sweep(ports: SweepPorts, *, budget_ms: int = BUDGET_MS) -> Swept:
    """Go on with the running sweep, or begin one, for at most `budget_ms`."""
    until = ports.clock.now_ms() + budget_ms
    run = _Run(ports)
    now = ports.sweeps.read()
    if not now.started_at:
        now = Sweep(step=now.step, started_at=ports.clock.now_ms(), last=now.last)
    while now.started_at:
        after = run.page(now)
        if not ports.sweeps.keep(after):
            return run.report(is_done=False)
        now = after
        if now.started_at and ports.clock.now_ms() >= until:
            return run.report(is_done=False)
    return run.report(is_done=True)


class _Run:
    def __init__(self, ports: SweepPorts) -> None:
        self._ports = ports
        self._current = ports.keys.branches().current
        self._counts: Counter[str] = Counter()

    def report(self, *, is_done: bool) -> Swept:
        return Swept(**self._counts, is_done=is_done)

    def page(self, now: Sweep) -> Sweep:
        """Look at one page of one shelf: the sweep after it."""
        shelf = self._ports.shelves[now.shelf]
        items, cursor = shelf.page(now.cursor)
        before = self._counts["resealed"]
        under = Counter(version for item in items for version in self._look_at(shelf, item))
        self._ports.sleep(REST_SECONDS + REST_PER_ITEM * (self._counts["resealed"] - before))
        known = Counter(now.under.get(shelf.name, {})) + under
        moved = msgspec.structs.replace(
            now, step=now.step + 1, cursor=cursor, under=now.under | {shelf.name: dict(known)}
        )
        return moved if cursor else self._next_shelf(moved)

    def _next_shelf(self, now: Sweep) -> Sweep:
        if now.shelf + 1 < len(self._ports.shelves):
            return msgspec.structs.replace(now, shelf=now.shelf + 1)
        done = Tally(
            started_at=now.started_at, finished_at=self._ports.clock.now_ms(), under=now.under
        )
        return Sweep(step=now.step, last=done)

    def _look_at(self, shelf: Shelf, item: SealedItem) -> list[int]:
        """The versions that the item's values are under when it was looked at."""
        self._counts["items"] += 1
        before = _versions(item.parts)
        if all(version == self._current for version in before):
            return before
        try:
            parts = [self._anew(part) for part in item.parts]
        except GiveUp:
            self._counts["unreadable"] += 1
            return before
        if not shelf.replace(item, parts):
            self._counts["changed"] += 1
            return before
        self._counts["resealed"] += 1
        return _versions(parts)

    def _anew(self, part: Part) -> Part:
        opened = self._ports.vault.open(part.sealed, context=part.context)
        return Part(part.context, self._ports.vault.seal(opened, context=part.context))


def _versions(parts: Iterable[Part]) -> list[int]:
    """0 for what names no version: it is none of ours, and is left alone."""
    return [_version(part.sealed) for part in parts]


def _version(sealed: bytes) -> int:
    try:
        return branch_version(sealed)
    except GiveUp:
        return 0
