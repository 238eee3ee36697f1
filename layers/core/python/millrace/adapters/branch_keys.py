"""Rotation of the vault's own keys: versions made, pointed to, wrapped anew and destroyed."""

from __future__ import annotations

from botocore.exceptions import ClientError

from millrace.adapters.client_errors import code_of
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
from millrace.privacy.branches import FIRST, Branches, BranchVersion


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
            made = range(FIRST, current + 2)
            found = {number: self._keys.item(branch(number)) for number in made}
        moved = {int(k): int(v["N"]) for k, v in pointer.get("moved", {}).get("M", {}).items()}
        versions = (_version(number, item, moved) for number, item in found.items() if item)
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
                code = code_of(error)
                if code != "IncorrectKeyException" or source == self._sources[-1]:
                    raise
        raise AssertionError("there is always a source")


def _version(number: int, item: Item, moved: dict[int, int]) -> BranchVersion:
    made_at = int(item.get("made_at", {"N": "0"})["N"])
    return BranchVersion(
        number=number,
        since=made_at if number == FIRST else moved.get(number, 0),
        until=moved.get(number + 1, 0),
        retired_at=int(item.get("retired_at", {"N": "0"})["N"]),
    )
