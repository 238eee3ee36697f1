"""Versions of the branch key in memory; the pointer and its conditions are as in the table."""

from __future__ import annotations

from collections.abc import Callable

from millrace.privacy.branches import FIRST, Branches, BranchVersion


class MemoryBranchKeys:
    """`BranchKeys`; the first version exists from the start.

    `before` is called with the name of every call; what it raises comes out of the call.
    """

    def __init__(self, made_at: int = 0) -> None:
        self.made = {FIRST: made_at}
        self.moved: dict[int, int] = {}
        self.retired: dict[int, int] = {}
        self.current = FIRST
        self.before: Callable[[str], None] = lambda call: None

    def branches(self) -> Branches:
        self.before("branches")
        since = {FIRST: self.made[FIRST], **self.moved}
        versions = (
            BranchVersion(
                number=number,
                since=since.get(number, 0),
                until=self.moved.get(number + 1, 0),
                retired_at=self.retired.get(number, 0),
            )
            for number in sorted(self.made)
        )
        return Branches(current=self.current, versions=tuple(versions))

    def make(self, version: int) -> None:
        self.before("make")
        self.made.setdefault(version, 0)

    def move(self, known: Branches, version: int, at: int) -> bool:
        self.before("move")
        if self.current != known.current:
            return False
        self.current, self.moved = version, self.moved | {version: at}
        return True

    def retire(self, version: int, at: int) -> None:
        self.before("retire")
        if version in self.made:
            self.retired.setdefault(version, at)

    def rewrap(self) -> int:
        self.before("rewrap")
        return 1 + len(self.made.keys() - self.retired.keys())
