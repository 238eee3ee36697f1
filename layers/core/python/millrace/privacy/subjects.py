"""Subjects: whom data is about. Each stem of a person has a data key of its own.

Destroying the key erases what it sealed wherever a copy lies: in the lake, in backups, in
anybody's cache once it is a minute old. The tombstone that stays says since when.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import msgspec

from millrace.errors import GiveUp
from millrace.privacy.ports import Randomness
from millrace.privacy.sealing import SALT_BYTES, SUBJECT, Seed, number_in, open_as, seal_as


class SubjectKey(Protocol):
    """What seals and opens for one epoch of one subject; `DataKey` is the real one."""

    def seal(self, plaintext: bytes, *, field: str) -> bytes: ...
    def open(self, sealed: bytes, *, field: str) -> bytes: ...


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """One stem's subject. Erased, it has no key and no pseudonym, and `erased_at` says when.

    A new epoch keeps `erased_at`: what was received until then stays erased. An epoch before it
    that `earlier` names was ended by a rotation, and its values open; any other by an erasure.
    """

    stem: str
    epoch: int = 1
    key: SubjectKey | None = None
    pseudonym: str = ""
    """Random: what the lake calls the subject. It leads back to nobody once the key is gone."""
    mark: bytes = b""
    """Random, and never shown: what names of things in the lake are made with. It dies, too."""
    erased_at: int = 0
    earlier: tuple[int, ...] = ()

    @property
    def is_erased(self) -> bool:
        return self.key is None

    def opens(self, epoch: int) -> bool:
        """Whether what was sealed in this epoch can be read."""
        return not self.is_erased and (epoch == self.epoch or epoch in self.earlier)


class DataKey:
    """32 secret bytes of one epoch of one subject."""

    def __init__(self, stem: str, epoch: int, secret: bytes, randomness: Randomness) -> None:
        self._stem = stem
        self._epoch = epoch
        self._secret = secret
        self._randomness = randomness

    def seal(self, plaintext: bytes, *, field: str) -> bytes:
        return seal_as(
            SUBJECT,
            plaintext,
            seed=Seed(self._secret),
            number=self._epoch,
            salt=self._randomness.token_bytes(SALT_BYTES),
            context=f"{self._stem}|{field}",
        )

    def open(self, sealed: bytes, *, field: str) -> bytes:
        """The plaintext; GiveUp `unreadable` for another subject, epoch or field, or any change."""
        if epoch_in(sealed) != self._epoch:
            raise GiveUp("unreadable", "sealed in another epoch of the subject")
        return open_as(SUBJECT, sealed, seed=Seed(self._secret), context=f"{self._stem}|{field}")

    def __repr__(self) -> str:
        return f"DataKey(epoch={self._epoch})"


class RotatedKey:
    """Seals as the newest key, opens as whichever of the kept ones the value names."""

    def __init__(self, newest: SubjectKey, earlier: Mapping[int, SubjectKey]) -> None:
        self._newest = newest
        self._earlier = dict(earlier)

    def seal(self, plaintext: bytes, *, field: str) -> bytes:
        return self._newest.seal(plaintext, field=field)

    def open(self, sealed: bytes, *, field: str) -> bytes:
        return self._earlier.get(epoch_in(sealed), self._newest).open(sealed, field=field)

    def __repr__(self) -> str:
        return f"RotatedKey({self._newest!r}, earlier={sorted(self._earlier)})"


def epoch_in(sealed: bytes) -> int:
    """Which epoch of its subject a value was sealed in; GiveUp `unreadable` when not ours."""
    return number_in(SUBJECT, sealed)
