"""Subjects in a dictionary, with real sealing; keys follow from stem and epoch."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator

import msgspec

from millrace.privacy import Subject, SubjectKey
from millrace.privacy.subjects import DataKey, RotatedKey


class Counter:
    """`Randomness` that counts, so that what is sealed repeats."""

    def __init__(self) -> None:
        self._count = 0

    def token_bytes(self, count: int) -> bytes:
        self._count += 1
        return self._count.to_bytes(count, "big")


class MemorySubjects:
    """`Subjects`, `SubjectErasure`, `SubjectRotation`, `Pseudonyms`.

    `before` is called with the name of every call; what it raises comes out of the call.
    """

    def __init__(self) -> None:
        self.items: dict[str, Subject] = {}
        self.before: Callable[[str], None] = lambda call: None
        self._randomness = Counter()

    def read(self, stems: Collection[str], *, is_fresh: bool = False) -> dict[str, Subject]:
        self.before("read_subjects")
        return {stem: self.items[stem] for stem in stems if stem in self.items}

    def keys(self, stems: Collection[str], *, is_fresh: bool = False) -> dict[str, Subject]:
        self.before("make_subjects")
        for stem in stems:
            if stem not in self.items:
                self.items[stem] = self.made(stem, 1, 0)
        return {stem: self.items[stem] for stem in stems}

    def renew(self, known: Subject, erased_at: int) -> None:
        self.before("renew_subject")
        now = self.items.get(known.stem)
        if now and (now.epoch, now.erased_at) == (known.epoch, known.erased_at):
            self.items[known.stem] = self.made(known.stem, known.epoch + 1, erased_at)

    def erase(self, stems: Collection[str], *, since: int, erased_at: int) -> int:
        self.before("erase_subjects")
        destroyed = 0
        for stem in stems:
            known = self.items.get(stem)
            if known and known.erased_at >= since:
                continue
            destroyed += known is not None and not known.is_erased
            epoch = known.epoch if known else 0
            self.items[stem] = Subject(stem=stem, epoch=epoch, erased_at=erased_at)
        return destroyed

    def rotate(self, stems: Collection[str]) -> int:
        self.before("rotate_subjects")
        living = [self.items[stem] for stem in set(stems) if stem in self.items]
        living = [known for known in living if not known.is_erased]
        for known in living:
            earlier = (known.epoch, *known.earlier)
            kept = {epoch: self.key_of(known.stem, epoch) for epoch in earlier}
            newest = self.key_of(known.stem, known.epoch + 1)
            self.items[known.stem] = msgspec.structs.replace(
                known, epoch=known.epoch + 1, earlier=earlier, key=RotatedKey(newest, kept)
            )
        return len(living)

    def named(self, pseudonyms: Collection[str]) -> dict[str, Subject]:
        self.before("name_subjects")
        wanted = set(pseudonyms) - {""}
        return {one.pseudonym: one for one in self.items.values() if one.pseudonym in wanted}

    def everyone(self) -> Iterator[Subject]:
        yield from list(self.items.values())

    def made(self, stem: str, epoch: int, erased_at: int) -> Subject:
        name = hashlib.blake2b(f"{stem}|{epoch}".encode(), digest_size=16).hexdigest()
        key = self.key_of(stem, epoch)
        mark = hashlib.blake2b(f"mark|{stem}|{epoch}".encode(), digest_size=32).digest()
        return Subject(
            stem=stem, epoch=epoch, key=key, pseudonym=name, mark=mark, erased_at=erased_at
        )

    def key_of(self, stem: str, epoch: int) -> SubjectKey:
        secret = hashlib.blake2b(f"key|{stem}|{epoch}".encode(), digest_size=32).digest()
        return DataKey(stem, epoch, secret, self._randomness)
