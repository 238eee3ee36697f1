"""Secrets in a dictionary."""

from __future__ import annotations

from collections.abc import Mapping

from millrace.errors import MillraceError, NeedsHuman


class MemorySecrets:
    """`Secrets`; set `failing` to an error to see what a broken store does."""

    def __init__(self, secrets: Mapping[str, str] = {}) -> None:
        self.secrets = dict(secrets)
        self.failing: MillraceError | None = None

    def get(self, name: str) -> str:
        if self.failing is not None:
            raise self.failing
        if name not in self.secrets:
            raise NeedsHuman("secret_missing", f"the secret {name} does not exist")
        return self.secrets[name]

    def refresh(self, name: str) -> bool:
        return False

    def valid(self, name: str) -> tuple[str, ...]:
        """The secret, and behind a line break the one before it."""
        return tuple(self.get(name).split("\n"))
