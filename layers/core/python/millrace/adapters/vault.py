"""The vault over KMS and the subjects table: two KMS calls a sandbox, none per event.

The first function that needs a key makes it. Which version of the branch key seals is asked of
the table once in a while, without KMS; a version that something was sealed under is read once.
"""

from __future__ import annotations

from typing import Any

from millrace.adapters.aws import client
from millrace.adapters.clock import SystemClock, SystemRandomness
from millrace.adapters.wrapped_keys import LOOKUP, WrappedKeys, branch
from millrace.clock import Clock
from millrace.privacy import BranchKey, LookupKey, Randomness, open_sealed, seal
from millrace.privacy.branches import FIRST, CurrentBranch
from millrace.privacy.sealing import SALT_BYTES, branch_version
from millrace.settings import VaultSettings


class KmsVault:
    """`Vault` whose keys are wrapped by a customer-managed KMS key and cached in this process."""

    def __init__(
        self,
        *,
        stage: str,
        table: str,
        key_arn: str,
        dynamodb: Any,
        kms: Any,
        randomness: Randomness,
        clock: Clock | None = None,
    ) -> None:
        clock = clock or SystemClock()
        self._keys = WrappedKeys(
            stage=stage, table=table, key_arn=key_arn, dynamodb=dynamodb, kms=kms, clock=clock
        )
        self._randomness = randomness
        self._current = CurrentBranch(self._keys.current, clock)
        self._branches: dict[int, BranchKey] = {}
        self._lookup: LookupKey | None = None

    def seal(self, plaintext: bytes, *, context: str) -> bytes:
        version = self._current.version()
        key = self._branch(version, create=version == FIRST)
        salt = self._randomness.token_bytes(SALT_BYTES)
        return seal(plaintext, key=key, salt=salt, context=context)

    def open(self, sealed: bytes, *, context: str) -> bytes:
        key = self._branch(branch_version(sealed), create=False)
        return open_sealed(sealed, key=key, context=context)

    def token(self, kind: str, value: str) -> str:
        if self._lookup is None:
            self._lookup = LookupKey(self._keys.secret(LOOKUP, create=True))
        return self._lookup.token(kind, value)

    def _branch(self, version: int, *, create: bool) -> BranchKey:
        key = self._branches.get(version)
        if key is None:
            secret = self._keys.secret(branch(version), create=create)
            key = self._branches[version] = BranchKey(version, secret)
        return key


def open_vault(settings: VaultSettings, *, dynamodb: Any = None, kms: Any = None) -> KmsVault:
    """The vault of a function; without clients of its own it gets the usual ones."""
    return KmsVault(
        stage=settings.stage,
        table=settings.subjects_table,
        key_arn=settings.key_arn,
        dynamodb=dynamodb or client("dynamodb"),
        kms=kms or client("kms"),
        randomness=SystemRandomness(),
    )
