"""What rotation works on: sealed values where they lie, and how far a sweep over them came."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

Cursor = Mapping[str, Any] | None


class Part(msgspec.Struct, frozen=True):
    """One value under a branch key, and the context it was sealed in."""

    context: str
    sealed: bytes


class SealedItem(msgspec.Struct, frozen=True, kw_only=True):
    """One item of a table with all that the branch key sealed in it."""

    key: str
    version: int
    """As the item has it; somebody who writes it meanwhile gives it another."""
    parts: tuple[Part, ...]


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """What one sweep over everything found when it was done."""

    started_at: int
    finished_at: int
    under: dict[str, dict[int, int]] = {}
    """By shelf, how many values are under which version."""

    def remaining(self, version: int) -> int:
        """Values under one version, on all shelves."""
        return sum(versions.get(version, 0) for versions in self.under.values())


class Sweep(msgspec.Struct, frozen=True, kw_only=True):
    """How far the running sweep is, and what the last one found. Each step has a new `step`."""

    step: int = 0
    started_at: int = 0
    """0 where none is running."""
    shelf: int = 0
    cursor: Cursor = None
    under: dict[str, dict[int, int]] = {}
    last: Tally | None = None


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What the configuration says."""

    branch_days: int
    """How old a version of the branch key gets."""
    kept_days: int
    """The longest that what is sealed may lie in a stream, a queue, a bucket or a backup."""
