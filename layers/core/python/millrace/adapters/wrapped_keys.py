"""The vault's own keys at rest: items of the subjects table, wrapped by KMS.

key#branch              which version seals (`seals`), and when each later one began (`moved`)
key#branch#<version>    its wrapped key, or `retired_at` once that is destroyed
key#lookup              the wrapped key of tokens

KMS wraps each under an encryption context that names the stage and the purpose. A conditional
put lets exactly one of several who make a key win.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from millrace.adapters.client_errors import code_of, is_unmet
from millrace.clock import Clock
from millrace.errors import GiveUp, NeedsHuman, RetryLater
from millrace.privacy.branches import FIRST

LOOKUP = "lookup"
POINTER = {"pk": {"S": "key#branch"}}
KEY_BYTES = 32
_REFUSED = {"AccessDeniedException", "DisabledException", "KMSInvalidStateException"}

Item = dict[str, dict[str, Any]]


def branch(version: int) -> str:
    """The purpose of a version of the branch key."""
    return f"branch#{version}"


class WrappedKeys:
    """Reads, makes and unwraps keys; nothing is remembered."""

    def __init__(
        self, *, stage: str, table: str, key_arn: str, dynamodb: Any, kms: Any, clock: Clock
    ) -> None:
        self._stage = stage
        self.table = table
        self.key_arn = key_arn
        self.dynamodb = dynamodb
        self.kms = kms
        self._clock = clock

    def secret(self, purpose: str, *, create: bool) -> bytes:
        """The key of a purpose in clear; GiveUp `unreadable` where there is none."""
        with answers():
            item = self.item(purpose)
            if item is None and create:
                item = self.made(purpose)
            if item is None or "wrapped" not in item:
                raise GiveUp("unreadable", "sealed under a branch key that does not exist")
            return self._unwrapped(purpose, bytes(item["wrapped"]["B"]))

    def current(self) -> int:
        """The version that the pointer names; the first before it ever moved."""
        with answers():
            return current_in(self.pointer())

    def pointer(self) -> Item:
        return self._read(POINTER) or {}

    def item(self, purpose: str) -> Item | None:
        return self._read(key_of(purpose))

    def made(self, purpose: str) -> Item:
        """The key of a purpose, made unless somebody else was first."""
        new = self.kms.generate_data_key(
            KeyId=self.key_arn, NumberOfBytes=KEY_BYTES, EncryptionContext=self.context(purpose)
        )
        item = key_of(purpose) | {
            "wrapped": {"B": new["CiphertextBlob"]},
            "made_at": {"N": str(self._clock.now_ms())},
        }
        self.put(item, "attribute_not_exists(pk)")
        found = self.item(purpose)
        if found is None:
            raise RetryLater("vault_unavailable", "a new key was written but cannot be read yet")
        return found

    def put(self, item: Item, condition: str, **values: dict[str, Any]) -> bool:
        """Write an item; False when the condition, where `#wrapped` is the key, does not hold."""
        given: dict[str, Any] = {"ExpressionAttributeValues": values} if values else {}
        if "#wrapped" in condition:  # a reserved word
            given["ExpressionAttributeNames"] = {"#wrapped": "wrapped"}
        try:
            self.dynamodb.put_item(
                TableName=self.table, Item=item, ConditionExpression=condition, **given
            )
        except ClientError as error:
            if not is_unmet(error):
                raise
            return False
        return True

    def context(self, purpose: str) -> dict[str, str]:
        return {"millrace:stage": self._stage, "millrace:purpose": purpose}

    def _read(self, key: Item) -> Item | None:
        found: Item | None = self.dynamodb.get_item(
            TableName=self.table, Key=key, ConsistentRead=True
        ).get("Item")
        return found

    def _unwrapped(self, purpose: str, wrapped: bytes) -> bytes:
        answer = self.kms.decrypt(
            CiphertextBlob=wrapped, KeyId=self.key_arn, EncryptionContext=self.context(purpose)
        )
        return bytes(answer["Plaintext"])


def key_of(purpose: str) -> Item:
    return {"pk": {"S": f"key#{purpose}"}}


def current_in(pointer: Item) -> int:
    """The version in a pointer that may never have been written."""
    return int(pointer["seals"]["N"]) if pointer else FIRST


@contextmanager
def answers() -> Iterator[None]:
    """Refusals of KMS and of the table as what the caller must do about them."""
    try:
        yield
    except ClientError as error:
        raise _meaning(code_of(error)) from error
    except BotoCoreError as error:
        raise RetryLater("vault_unavailable", "the vault's keys cannot be reached") from error


def _meaning(code: str) -> NeedsHuman | RetryLater:
    if code == "IncorrectKeyException":
        return NeedsHuman(
            "vault_key_replaced",
            "the vault's keys are wrapped by another KMS key than the stack's: name it as "
            "`vault.former_key`, deploy, and run `millrace privacy rotate kms`",
        )
    if code in _REFUSED:
        return NeedsHuman("vault_refused", f"KMS or the subjects table refused: {code}")
    return RetryLater("vault_unavailable", f"the vault's keys cannot be read: {code}")
