"""Versions of the branch key: which one seals now, and what has become of the others.

A version is made first, and then the pointer moves to it. Whoever seals asks for the pointer at
most once in CURRENT_MS; whoever opens reads the version that the sealed value names.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import msgspec

from millrace.clock import DAY_MS, Clock
from millrace.errors import RetryLater

FIRST = 1
"""The version in use before the pointer ever moved."""
LAST = 2**16 - 1
"""The sealed format has two bytes for it."""
CURRENT_MS = 300_000
"""How long a sandbox may go on sealing under a version that is not the current one: the promise."""
AGAIN_MS = 60_000
"""When the pointer is asked for again after it could not be read."""


class BranchVersion(msgspec.Struct, frozen=True, kw_only=True):
    """One version. Times are epoch milliseconds; 0: nobody wrote it down, or it never was."""

    number: int
    since: int = 0
    """When it became the one that seals."""
    until: int = 0
    """When the next one did."""
    retired_at: int = 0
    """Since when its key is destroyed."""


class Branches(msgspec.Struct, frozen=True, kw_only=True):
    """All versions that were ever made, in order, and the one that seals."""

    current: int = FIRST
    versions: tuple[BranchVersion, ...] = ()

    def version(self, number: int) -> BranchVersion | None:
        return next((each for each in self.versions if each.number == number), None)

    @property
    def superseded(self) -> list[int]:
        """Versions before the current one that still open something."""
        return [v.number for v in self.versions if v.number < self.current and not v.retired_at]


class BranchKeys(Protocol):
    """The vault's wrapped keys. Raises RetryLater `vault_unavailable`, NeedsHuman `vault_refused`.

    Nothing here shows a key.
    """

    def branches(self) -> Branches:
        """What there is, consistently read."""
        ...

    def make(self, version: int) -> None:
        """Make a version that nobody has made yet; else nothing happens."""
        ...

    def move(self, known: Branches, version: int, at: int) -> bool:
        """Seal under `version` from now on; False when the pointer is not as `known` any more."""
        ...

    def retire(self, version: int, at: int) -> None:
        """Destroy the key of a version, for good. Doing it again changes nothing."""
        ...

    def rewrap(self) -> int:
        """Wrap every key anew under the current KMS key; how many were."""
        ...


class CurrentBranch:
    """The version to seal under, as one sandbox knows it: CURRENT_MS old at most.

    While the table does not answer, the last known one goes on: what seals must not wait.
    """

    def __init__(self, ask: Callable[[], int], clock: Clock) -> None:
        self._ask = ask
        self._clock = clock
        self._known = 0
        self._asked_at = 0

    def version(self) -> int:
        now = self._clock.now_ms()
        if self._known and 0 <= now - self._asked_at < CURRENT_MS:
            return self._known
        self._asked_at = now
        try:
            self._known = self._ask()
        except RetryLater:
            if not self._known:
                raise
            self._asked_at = now - CURRENT_MS + AGAIN_MS
        return self._known


def is_due(branches: Branches, days: int, now_ms: int) -> bool:
    """Whether the current version is older than `days`; one of unknown age is."""
    current = branches.version(branches.current)
    return current is not None and now_ms - current.since >= days * DAY_MS


def rotate(keys: BranchKeys, clock: Clock) -> Branches:
    """Make the next version, then move the pointer; of several at once, one does.

    A run that stopped in between left a version that nobody seals under: it is taken now.
    """
    known = keys.branches()
    if known.current < LAST:
        keys.make(known.current + 1)
        keys.move(known, known.current + 1, clock.now_ms())
    return keys.branches()
