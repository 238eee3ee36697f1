"""Claimed tokens in a dict."""

from __future__ import annotations

from millrace.errors import MillraceError


class MemorySignedTokens:
    """`SignedTokens`; set `failing` to an error to see what an outage does."""

    def __init__(self) -> None:
        self.claimed: dict[str, str] = {}
        self.kept_until: dict[str, int] = {}
        self.failing: MillraceError | None = None

    def claim(self, token: str, content: str, *, until_ms: int) -> bool:
        if self.failing is not None:
            raise self.failing
        self.kept_until.setdefault(token, until_ms)
        return self.claimed.setdefault(token, content) == content
