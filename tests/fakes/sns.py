"""Subscriptions in a list."""

from __future__ import annotations

from millrace.errors import MillraceError


class MemorySubscriptions:
    """`Subscriptions`; set `failing` to an error to see what a refusal does."""

    def __init__(self) -> None:
        self.confirmed: list[tuple[str, str]] = []
        self.failing: MillraceError | None = None

    def confirm(self, topic: str, token: str) -> None:
        if self.failing is not None:
            raise self.failing
        self.confirmed.append((topic, token))
