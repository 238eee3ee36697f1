"""What the pipeline asks of the vault and of randomness."""

from __future__ import annotations

from typing import Protocol


class Randomness(Protocol):
    def token_bytes(self, count: int) -> bytes:
        """`count` unpredictable bytes."""
        ...


class Vault(Protocol):
    def seal(self, plaintext: bytes, *, context: str) -> bytes:
        """Seal bytes so that only this vault opens them, and only under the same `context`."""
        ...

    def open(self, sealed: bytes, *, context: str) -> bytes:
        """The bytes that were sealed under `context`; GiveUp `unreadable` for anything else."""
        ...

    def token(self, kind: str, value: str) -> str:
        """The look-up token of a normalised identifier: 22 URL-safe characters, for ever."""
        ...
