"""Roots of days in a dictionary."""

from __future__ import annotations

from millrace.privacy.ledger import DayRoot


class MemoryRoots:
    """`Roots`."""

    def __init__(self) -> None:
        self.kept: dict[str, DayRoot] = {}

    def last(self) -> DayRoot | None:
        return self.kept[max(self.kept)] if self.kept else None

    def keep(self, root: DayRoot) -> DayRoot:
        return self.kept.setdefault(root.day, root)

    def read(self, day: str) -> DayRoot | None:
        return self.kept.get(day)
