"""The use case: every day that has ended gets its root, once, whatever was missed before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from millrace.clock import HOUR_MS, Clock
from millrace.errors import GiveUp
from millrace.privacy.ledger import DayRoot, Leaf, Link, day_root, faults
from millrace.privacy.ports import Ledger, Roots

SETTLING_MS = HOUR_MS
"""After midnight: by then every append that began on the day before has ended."""
MAX_DAYS = 31
"""Roots made in one run; the next one goes on from there."""


def day_of(at_ms: int) -> str:
    """The UTC day of a time."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d")


def attest(ledger: Ledger, roots: Roots, clock: Clock) -> list[DayRoot]:
    """Make the roots of the days that ended since the last one; a second run makes none."""
    last = roots.last()
    yesterday = date.fromisoformat(day_of(clock.now_ms() - SETTLING_MS)) - timedelta(days=1)
    day = date.fromisoformat(last.day) + timedelta(days=1) if last else yesterday
    made: list[DayRoot] = []
    while day <= yesterday and len(made) < MAX_DAYS:
        root = day_root(day.isoformat(), ledger.day(day.isoformat()), last.root if last else "")
        last = roots.keep(root)
        made.append(last)
        day += timedelta(days=1)
    return made


def verify_day(day: str, ledger: Ledger, roots: Roots) -> tuple[DayRoot, list[str]]:
    """The root that was kept of a day, and what in the ledger does not agree with it.

    GiveUp `no_root` for a day without one.
    """
    kept = roots.read(day)
    if kept is None:
        raise no_root(day)
    leaves = ledger.day(day)
    found = [] if day_root(day, leaves).root == kept.root else [_differs(leaves, kept)]
    for subject in sorted({leaf.subject for leaf in leaves}):
        chain = ledger.read(subject)
        own = {leaf for leaf in leaves if leaf.subject == subject}
        found += [f"{subject}: {fault}" for fault in [*faults(chain), *_missing(own, chain)]]
    return kept, found


def no_root(day: str) -> GiveUp:
    """What to say of a day without one."""
    return GiveUp("no_root", f"there is no root of {day}: it is made at 01:30 UTC of the next day")


def _differs(leaves: Sequence[Leaf], kept: DayRoot) -> str:
    return (
        f"the root of {kept.day} is another than the one that was kept: "
        f"{len(leaves)} entries now, {kept.entries} then"
    )


def _missing(leaves: set[Leaf], chain: Sequence[Link]) -> list[str]:
    lost = leaves - {each.leaf for each in chain}
    return [f"link {leaf.number} of that day is not in the chain" for leaf in sorted(lost)]
