"""The suppression list in a dictionary."""

from __future__ import annotations

from collections.abc import Collection

from millrace.errors import MillraceError
from millrace.privacy.suppression import Change, Reason


class MemorySuppressions:
    """`Suppressions`; set `failing` to break every call."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, Reason], tuple[int, bool]] = {}
        self.failing: MillraceError | None = None

    def record(self, change: Change) -> None:
        if self.failing:
            raise self.failing
        place = (change.token, change.reason)
        said = (change.at, change.is_on)
        self.known[place] = max(said, self.known.get(place, said))

    def read_many(self, tokens: Collection[str]) -> dict[str, frozenset[Reason]]:
        if self.failing:
            raise self.failing
        found: dict[str, set[Reason]] = {}
        for (token, reason), (_, is_on) in self.known.items():
            if is_on and token in tokens:
                found.setdefault(token, set()).add(reason)
        return {token: frozenset(reasons) for token, reasons in found.items()}

    def said(self, tokens: Collection[str]) -> list[Change]:
        if self.failing:
            raise self.failing
        return [
            Change(token=token, reason=reason, at=at, is_on=is_on)
            for (token, reason), (at, is_on) in self.known.items()
            if token in tokens
        ]
