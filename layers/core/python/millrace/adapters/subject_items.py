"""Subjects as items of the subjects table: `s#<stem>`, a wrapped data key or a tombstone."""

from __future__ import annotations

from typing import Any

from millrace.privacy import Randomness, Subject, Vault
from millrace.privacy.subjects import DataKey, RotatedKey, SubjectKey

PREFIX = "s#"
KEY_BYTES = 32
PSEUDONYM_BYTES = 16
MARK_BYTES = 32

Item = dict[str, dict[str, Any]]


class SubjectItems:
    """Makes and reads items; data keys are wrapped by the branch key, without a call to KMS."""

    def __init__(self, vault: Vault, randomness: Randomness) -> None:
        self._vault = vault
        self._randomness = randomness

    def opened(self, item: Item) -> Subject:
        """The subject in an item; GiveUp `unreadable` when its key is not one we wrapped."""
        stem = stem_in(item)
        epoch = int(item["epoch"]["N"])
        erased_at = int(item.get("erased_at", {"N": "0"})["N"])
        if "wrapped" not in item:
            return Subject(stem=stem, epoch=epoch, erased_at=erased_at)
        newest, *earlier = wrapped_in(item)
        kept = {number: self._key(stem, number, wrapped) for number, wrapped in earlier}
        key: SubjectKey = self._key(stem, *newest)
        return Subject(
            stem=stem,
            epoch=epoch,
            key=RotatedKey(key, kept) if kept else key,
            pseudonym=item["pseudonym"]["S"],
            mark=bytes(item["mark"]["B"]),
            erased_at=erased_at,
            earlier=tuple(kept),
        )

    def made(self, stem: str, epoch: int) -> tuple[Item, Subject]:
        secret, wrapped = self._new(stem, epoch)
        pseudonym = self._randomness.token_bytes(PSEUDONYM_BYTES).hex()
        mark = self._randomness.token_bytes(MARK_BYTES)
        item: Item = {
            "pk": {"S": PREFIX + stem},
            "epoch": {"N": str(epoch)},
            "wrapped": wrapped,
            "pseudonym": {"S": pseudonym},
            "mark": {"B": mark},
        }
        key = DataKey(stem, epoch, secret, self._randomness)
        return item, Subject(stem=stem, epoch=epoch, key=key, pseudonym=pseudonym, mark=mark)

    def rotated(self, item: Item) -> Item:
        """The item of a living subject in its next epoch, with the keys before it."""
        stem, (newest, *earlier) = stem_in(item), wrapped_in(item)
        epoch = newest[0] + 1
        kept = {str(number): {"B": wrapped} for number, wrapped in (newest, *earlier)}
        _, wrapped = self._new(stem, epoch)
        return item | {"epoch": {"N": str(epoch)}, "wrapped": wrapped, "earlier": {"M": kept}}

    def _new(self, stem: str, epoch: int) -> tuple[bytes, dict[str, bytes]]:
        secret = self._randomness.token_bytes(KEY_BYTES)
        return secret, {"B": self._vault.seal(secret, context=wrapping(stem, epoch))}

    def _key(self, stem: str, epoch: int, wrapped: bytes) -> DataKey:
        secret = self._vault.open(wrapped, context=wrapping(stem, epoch))
        return DataKey(stem, epoch, secret, self._randomness)


def stem_in(item: Item) -> str:
    return str(item["pk"]["S"].removeprefix(PREFIX))


def wrapped_in(item: Item) -> list[tuple[int, bytes]]:
    """Epoch and wrapped key of every epoch that opens, the newest first; none once erased."""
    if "wrapped" not in item:
        return []
    earlier = item.get("earlier", {"M": {}})["M"]
    kept = ((int(number), bytes(key["B"])) for number, key in earlier.items())
    newest = int(item["epoch"]["N"]), bytes(item["wrapped"]["B"])
    return [newest, *sorted(kept, reverse=True)]


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
