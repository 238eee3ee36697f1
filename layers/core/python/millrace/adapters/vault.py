"""The vault over KMS and the subjects table: two KMS calls a sandbox, none per event.

Keys live in `subjects` as items `key#branch#<version>` and `key#lookup`, wrapped by KMS under
an encryption context that names the stage and the purpose. The first function that needs one
makes it; a conditional put lets exactly one of several win.
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from millrace.adapters.aws import client
from millrace.adapters.clock import SystemRandomness
from millrace.errors import GiveUp, NeedsHuman, RetryLater
from millrace.privacy import BranchKey, Randomness, open_sealed, seal, token
from millrace.privacy.sealing import SALT_BYTES, branch_version
from millrace.settings import VaultSettings

CURRENT_BRANCH = 1


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
    ) -> None:
        self._stage = stage
        self._table = table
        self._key_arn = key_arn
        self._dynamodb = dynamodb
        self._kms = kms
        self._randomness = randomness
        self._branches: dict[int, BranchKey] = {}
        self._lookup: bytes | None = None

    def seal(self, plaintext: bytes, *, context: str) -> bytes:
        key = self._branch(CURRENT_BRANCH)
        salt = self._randomness.token_bytes(SALT_BYTES)
        return seal(plaintext, key=key, salt=salt, context=context)

    def open(self, sealed: bytes, *, context: str) -> bytes:
        key = self._branch(branch_version(sealed))
        return open_sealed(sealed, key=key, context=context)

    def token(self, kind: str, value: str) -> str:
        if self._lookup is None:
            self._lookup = self._secret("lookup", create=True)
        return token(self._lookup, kind, value)

    def _branch(self, version: int) -> BranchKey:
        key = self._branches.get(version)
        if key is None:
            secret = self._secret(f"branch#{version}", create=version == CURRENT_BRANCH)
            key = self._branches[version] = BranchKey(version, secret)
        return key

    def _secret(self, purpose: str, *, create: bool) -> bytes:
        try:
            wrapped = self._read(purpose)
            if wrapped is None:
                if not create:
                    raise GiveUp("unreadable", "sealed under a branch key that does not exist")
                wrapped = self._create(purpose)
            return self._unwrap(purpose, wrapped)
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            if code in {"AccessDeniedException", "DisabledException", "KMSInvalidStateException"}:
                raise NeedsHuman(
                    "vault_refused", f"KMS or the subjects table refused: {code}"
                ) from error
            raise RetryLater(
                "vault_unavailable", f"the vault's keys cannot be read: {code}"
            ) from error
        except BotoCoreError as error:
            raise RetryLater("vault_unavailable", "the vault's keys cannot be reached") from error

    def _read(self, purpose: str) -> bytes | None:
        item = self._dynamodb.get_item(
            TableName=self._table, Key={"pk": {"S": f"key#{purpose}"}}, ConsistentRead=True
        ).get("Item")
        return bytes(item["wrapped"]["B"]) if item else None

    def _create(self, purpose: str) -> bytes:
        made = self._kms.generate_data_key(
            KeyId=self._key_arn, NumberOfBytes=32, EncryptionContext=self._context(purpose)
        )
        try:
            self._dynamodb.put_item(
                TableName=self._table,
                Item={"pk": {"S": f"key#{purpose}"}, "wrapped": {"B": made["CiphertextBlob"]}},
                ConditionExpression="attribute_not_exists(pk)",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
        wrapped = self._read(purpose)
        if wrapped is None:
            raise RetryLater("vault_unavailable", "a new key was written but cannot be read yet")
        return wrapped

    def _unwrap(self, purpose: str, wrapped: bytes) -> bytes:
        answer = self._kms.decrypt(
            CiphertextBlob=wrapped, KeyId=self._key_arn, EncryptionContext=self._context(purpose)
        )
        return bytes(answer["Plaintext"])

    def _context(self, purpose: str) -> dict[str, str]:
        return {"millrace:stage": self._stage, "millrace:purpose": purpose}


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
