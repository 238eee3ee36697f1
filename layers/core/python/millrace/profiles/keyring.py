"""The subjects that one round needs, each asked for once."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Protocol

from millrace.errors import GiveUp, RetryLater
from millrace.privacy import Subject, SubjectKey
from millrace.privacy.subjects import epoch_in
from millrace.profiles.model import SealedStem, Stem


class Fetch(Protocol):
    """`SubjectReader.read`, or `Subjects.keys` for who may make them."""

    def __call__(self, stems: Collection[str], *, is_fresh: bool = False) -> dict[str, Subject]: ...


class Keyring:
    """Subjects by stem, and the stems that were opened with the bytes they were read from."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._subjects: dict[str, Subject] = {}
        self.opened: dict[str, tuple[Stem, bytes]] = {}

    def load(self, stems: Iterable[str], *, is_fresh: bool = False) -> None:
        """Fetch those of `stems` that are not here, or all of them anew."""
        wanted = sorted({stem for stem in stems if is_fresh or stem not in self._subjects})
        if wanted:
            self._subjects |= self._fetch(wanted, is_fresh=is_fresh)

    def living(self, stems: Iterable[str]) -> dict[str, SubjectKey]:
        """By pseudonym, the keys of those who have one: neither erased nor never made."""
        stems = list(stems)
        self.load(stems)
        known = (self._subjects.get(stem) for stem in stems)
        return {each.pseudonym: each.key for each in known if each and each.key is not None}

    def subject(self, stem: str) -> Subject:
        """GiveUp `unreadable` for a stem whose subject nobody ever made."""
        self.load([stem])
        found = self._subjects.get(stem)
        if found is None:
            raise GiveUp("unreadable", "a stem's subject is not in the subjects table")
        return found

    def key(self, stem: str) -> SubjectKey:
        """The key to seal `stem` with; RetryLater `subject_erased` when it was just destroyed."""
        found = self.subject(stem).key
        if found is None:
            raise RetryLater("subject_erased", "a subject was erased while its stem was written")
        return found

    def key_for(self, stem: SealedStem) -> SubjectKey | None:
        """The key that opens `stem`; None when the subject was erased after it was sealed.

        A key that was only rotated since is kept, and opens it.
        """
        epoch = epoch_in(stem.sealed)
        if epoch > self.subject(stem.key).epoch:  # a key that we know from before
            self.load([stem.key], is_fresh=True)
        subject = self.subject(stem.key)
        if epoch > subject.epoch:
            raise GiveUp("unreadable", "a stem is newer than its subject; was a table restored?")
        return subject.key if subject.opens(epoch) else None
