"""Rotation of the vault's own keys: versions made, pointed to, wrapped anew and destroyed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from millrace.adapters.wrapped_keys import (
    LOOKUP,
    POINTER,
    Item,
    WrappedKeys,
    answers,
    branch,
    current_in,
    key_of,
)
from millrace.errors import RetryLater
from millrace.privacy.branches import FIRST, Branches, BranchVersion

READ_PER_CALL = 100
MAX_ROUNDS = 5


class KmsBranchKeys:
    """`BranchKeys` over the subjects table and KMS.

    Keys that `former_key` wrapped, the KMS key before this one, are wrapped anew as well.
    """

    def __init__(self, keys: WrappedKeys, *, former_key: str = "") -> None:
        self._keys = keys
        self._sources = [keys.key_arn, *([former_key] if former_key else [])]

    def branches(self) -> Branches:
        with answers():
            pointer = self._keys.pointer()
            current = current_in(pointer)
            purposes = [branch(number) for number in range(FIRST, current + 2)]
            found = {item["pk"]["S"]: item for item in self._read(purposes)}
        moved = {int(k): int(v["N"]) for k, v in pointer.get("moved", {}).get("M", {}).items()}
        versions = [
            _version(number, item, moved)
            for number, purpose in enumerate(purposes, FIRST)
            if (item := found.get(key_of(purpose)["pk"]["S"]))
        ]
        return Branches(current=current, versions=tuple(versions))

    def make(self, version: int) -> None:
        with answers():
            if self._keys.item(branch(version)) is None:
                self._keys.made(branch(version))

    def move(self, known: Branches, version: int, at: int) -> bool:
        moved = {v.number: v.since for v in known.versions if FIRST < v.number <= known.current}
        moved[version] = at
        item: Item = POINTER | {
            "seals": {"N": str(version)},
            "moved": {"M": {str(number): {"N": str(since)} for number, since in moved.items()}},
        }
        with answers():
            if known.current == FIRST:
                return self._keys.put(item, "attribute_not_exists(pk)")
            before = {":known": {"N": str(known.current)}}
            return self._keys.put(item, "seals = :known", **before)

    def retire(self, version: int, at: int) -> None:
        gone = key_of(branch(version)) | {"retired_at": {"N": str(at)}}
        with answers():
            self._keys.put(gone, "attribute_exists(#wrapped)")

    def rewrap(self) -> int:
        purposes = [LOOKUP, *(branch(v.number) for v in self.branches().versions)]
        with answers():
            return sum(self._rewrapped(purpose) for purpose in purposes)

    def _rewrapped(self, purpose: str) -> bool:
        """Under the condition that nobody else did, or destroyed the key, meanwhile."""
        item = self._keys.item(purpose)
        if item is None or "wrapped" not in item:
            return False
        before = item["wrapped"]
        new = item | {"wrapped": {"B": self._reencrypted(purpose, bytes(before["B"]))}}
        return self._keys.put(new, "#wrapped = :before", **{":before": before})

    def _reencrypted(self, purpose: str, wrapped: bytes) -> bytes:
        """Inside KMS, under the same context: the key is in clear nowhere."""
        context = self._keys.context(purpose)
        for source in self._sources:
            try:
                answer = self._keys.kms.re_encrypt(
                    CiphertextBlob=wrapped,
                    SourceKeyId=source,
                    SourceEncryptionContext=context,
                    DestinationKeyId=self._keys.key_arn,
                    DestinationEncryptionContext=context,
                )
                return bytes(answer["CiphertextBlob"])
            except ClientError as error:
                code = error.response["Error"]["Code"]
                if code != "IncorrectKeyException" or source == self._sources[-1]:
                    raise
        raise AssertionError("there is always a source")

    def _read(self, purposes: list[str]) -> Iterator[Item]:
        for start in range(0, len(purposes), READ_PER_CALL):
            keys = [key_of(purpose) for purpose in purposes[start : start + READ_PER_CALL]]
            pending: Any = {self._keys.table: {"Keys": keys, "ConsistentRead": True}}
            for _ in range(MAX_ROUNDS):
                answer = self._keys.dynamodb.batch_get_item(RequestItems=pending)
                yield from answer["Responses"].get(self._keys.table, [])
                pending = answer.get("UnprocessedKeys") or {}
                if not pending:
                    break
            else:
                raise RetryLater("vault_unavailable", "keys stayed unprocessed")


def _version(number: int, item: Item, moved: dict[int, int]) -> BranchVersion:
    made_at = int(item.get("made_at", {"N": "0"})["N"])
    return BranchVersion(
        number=number,
        since=made_at if number == FIRST else moved.get(number, 0),
        until=moved.get(number + 1, 0),
        retired_at=int(item.get("retired_at", {"N": "0"})["N"]),
    )
