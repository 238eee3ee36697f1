"""A version's key is destroyed when somebody asks for it and nothing can need it any more."""

from __future__ import annotations

from millrace.clock import DAY_MS
from millrace.errors import NeedsHuman
from millrace.privacy.branches import CURRENT_MS, Branches, BranchVersion
from millrace.rotation.model import Rules, Sweep

SLACK_MS = DAY_MS
"""Stores delete what has expired within a day or so."""


def retires_at(version: BranchVersion, rules: Rules) -> int:
    """When the last stream, queue, bucket or backup has forgotten what was sealed under it."""
    return version.until + CURRENT_MS + rules.kept_days * DAY_MS + SLACK_MS


def check_retirable(
    number: int, branches: Branches, sweep: Sweep, rules: Rules, now_ms: int
) -> None:
    """NeedsHuman with what stands against it, and what to do about that."""
    version = branches.version(number)
    if version is None:
        raise NeedsHuman("no_such_key", "`millrace privacy keys` lists the versions there are")
    if not version.until:
        raise NeedsHuman(
            "key_in_use",
            f"version {number} seals, or is about to: rotate first (`privacy rotate branch`)",
        )
    last = sweep.last
    if last is None or last.started_at < version.until + CURRENT_MS:
        raise NeedsHuman(
            "key_not_counted",
            f"nobody has looked since version {number} was replaced whether anything is left "
            "under it: run `millrace privacy rewrap` until it says that it is done",
        )
    if left := last.remaining(number):
        raise NeedsHuman(
            "key_needed",
            f"{left} values under version {number} would be lost: run `millrace privacy "
            "rewrap`; what stays is unreadable, and `millrace privacy audit` names it",
        )
    days = -(-(retires_at(version, rules) - now_ms) // DAY_MS)
    if days > 0:
        raise NeedsHuman(
            "key_too_young",
            f"streams, queues, failed events and backups may hold values under version {number} "
            f"for another {days} days: ask again then",
        )
