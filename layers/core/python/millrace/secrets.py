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
