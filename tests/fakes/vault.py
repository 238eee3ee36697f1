"""A vault with fixed keys: the real sealing, without KMS; the salt is a counter."""

from __future__ import annotations

from millrace.privacy import BranchKey, LookupKey, open_sealed, seal
from millrace.privacy.sealing import SALT_BYTES, branch_version

BRANCH_KEY = BranchKey(1, b"millrace-test-branch-key-32-byte")
SECOND_KEY = BranchKey(2, b"millrace-test-second-key-32-byte")
LOOKUP_KEY = LookupKey(b"millrace-test-lookup-key-32-byte")


class MemoryVault:
    """`Vault`; every instance opens what any other sealed, and gives the same tokens.

    It seals under `key`, the first version unless it is set to SECOND_KEY.
    """

    def __init__(self, key: BranchKey = BRANCH_KEY) -> None:
        self.key = key
        self._sealed = 0

    def seal(self, plaintext: bytes, *, context: str) -> bytes:
        self._sealed += 1
        salt = self._sealed.to_bytes(SALT_BYTES, "big")
        return seal(plaintext, key=self.key, salt=salt, context=context)

    def open(self, sealed: bytes, *, context: str) -> bytes:
        key = SECOND_KEY if branch_version(sealed) == SECOND_KEY.version else BRANCH_KEY
        return open_sealed(sealed, key=key, context=context)

    def token(self, kind: str, value: str) -> str:
        return LOOKUP_KEY.token(kind, value)
