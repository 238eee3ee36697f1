"""A vault with fixed keys: the real sealing, without KMS; the salt is a counter."""

from __future__ import annotations

from millrace.privacy import BranchKey, open_sealed, seal, token
from millrace.privacy.sealing import SALT_BYTES

BRANCH_KEY = BranchKey(1, b"millrace-test-branch-key-32-byte")
LOOKUP_KEY = b"millrace-test-lookup-key-32-byte"


class MemoryVault:
    """`Vault`; every instance opens what any other sealed, and gives the same tokens."""

    def __init__(self) -> None:
        self._sealed = 0

    def seal(self, plaintext: bytes, *, context: str) -> bytes:
        self._sealed += 1
        salt = self._sealed.to_bytes(SALT_BYTES, "big")
        return seal(plaintext, key=BRANCH_KEY, salt=salt, context=context)

    def open(self, sealed: bytes, *, context: str) -> bytes:
        return open_sealed(sealed, key=BRANCH_KEY, context=context)

    def token(self, kind: str, value: str) -> str:
        return token(LOOKUP_KEY, kind, value)
