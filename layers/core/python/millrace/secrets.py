"""Where secrets come from, as a port."""

from __future__ import annotations

from typing import Protocol


class Secrets(Protocol):
    def get(self, name: str) -> str:
        """The secret called `name`.

        Raises RetryLater `secrets_unavailable` when the store cannot be asked, NeedsHuman
        `secret_missing` when there is no usable secret under that name.
        """
        ...

    def valid(self, name: str) -> tuple[str, ...]:
        """The secret and, while it is being rotated, the one before it; raises as `get` does."""
        ...

    def refresh(self, name: str) -> bool:
        """Whether the store will be asked again by the next `get` or `valid`.

        It will not when it was asked a short while ago: wrong guesses must not become calls.
        """
        ...
