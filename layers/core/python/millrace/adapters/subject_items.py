"""Subjects as items of the subjects table: `s#<stem>`, a wrapped data key or a tombstone."""

from __future__ import annotations

from typing import Any

from millrace.privacy import Randomness, Subject, Vault
from millrace.privacy.subjects import DataKey

PREFIX = "s#"
KEY_BYTES = 32
PSEUDONYM_BYTES = 16

Item = dict[str, dict[str, Any]]


class SubjectItems:
    """Makes and reads items; data keys are wrapped by the branch key, without a call to KMS."""

    def __init__(self, vault: Vault, randomness: Randomness) -> None:
        self._vault = vault
        self._randomness = randomness

    def opened(self, item: Item) -> Subject:
        """The subject in an item; GiveUp `unreadable` when its key is not one we wrapped."""
        stem = item["pk"]["S"].removeprefix(PREFIX)
        epoch = int(item["epoch"]["N"])
        erased_at = int(item.get("erased_at", {"N": "0"})["N"])
        if "wrapped" not in item:
            return Subject(stem=stem, epoch=epoch, erased_at=erased_at)
        secret = self._vault.open(bytes(item["wrapped"]["B"]), context=wrapping(stem, epoch))
        return Subject(
            stem=stem,
            epoch=epoch,
            key=DataKey(stem, epoch, secret, self._randomness),
            pseudonym=item["pseudonym"]["S"],
            erased_at=erased_at,
        )

    def made(self, stem: str, epoch: int) -> tuple[Item, Subject]:
        secret = self._randomness.token_bytes(KEY_BYTES)
        pseudonym = self._randomness.token_bytes(PSEUDONYM_BYTES).hex()
        item: Item = {
            "pk": {"S": PREFIX + stem},
            "epoch": {"N": str(epoch)},
            "wrapped": {"B": self._vault.seal(secret, context=wrapping(stem, epoch))},
            "pseudonym": {"S": pseudonym},
        }
        key = DataKey(stem, epoch, secret, self._randomness)
        return item, Subject(stem=stem, epoch=epoch, key=key, pseudonym=pseudonym)


def tombstone(stem: str, epoch: int, erased_at: int) -> Item:
    """An erased subject: that it is, and since when."""
    return {
        "pk": {"S": PREFIX + stem},
        "epoch": {"N": str(epoch)},
        "erased_at": {"N": str(erased_at)},
    }


def wrapping(stem: str, epoch: int) -> str:
    """The context under which a subject's data key is wrapped."""
    return f"{stem}|{epoch}"
