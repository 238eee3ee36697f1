"""What erasures left behind decides which events still count.

An event that was received before an erasure of anybody it names is dropped, wherever it surfaces.
Later events are dropped as well, until one comes that is a granted decision of after the erasure:
with it everybody it names starts anew, from the moment it was received.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from millrace.errors import RetryLater
from millrace.privacy import Subject, Subjects
from millrace.profiles.facts import Fact
from millrace.profiles.snapshot import Snapshot


class Mark(msgspec.Struct, frozen=True):
    """What is known of an identifier's erasure; 0 where there was none."""

    erased_at: int
    """What was received until then does not count."""
    closed_at: int = 0
    """Where only a granted decision lets anything in again: one that was made after this."""


class Sifting:
    """Parts the facts of a round into those that count and those that are erased."""

    def __init__(self, snapshot: Snapshot, subjects: Subjects) -> None:
        self._snapshot = snapshot
        self._subjects = subjects
        self._reopened: dict[str, int] = {}

    def sift(self, facts: Iterable[Fact]) -> tuple[list[Fact], list[Fact]]:
        """(kept, erased). Whoever is let in again has an open row and a living subject after it.

        Raises RetryLater.
        """
        facts = list(facts)
        if not self._are_concerned(facts):
            return facts, []
        in_time = sorted(facts, key=lambda fact: (fact.event.received_at, fact.number))
        erased = {fact.number for fact in in_time if self._is_erased(fact)}
        kept = [fact for fact in facts if fact.number not in erased]
        for key in sorted({*self._reopened, *(fact.anchor for fact in kept)}):
            self._revive(key)
        return kept, [fact for fact in facts if fact.number in erased]

    def _are_concerned(self, facts: Iterable[Fact]) -> bool:
        keyring = self._snapshot.keyring
        return any(row and row.erased_at for row in self._snapshot.rows.values()) or any(
            keyring.subject(fact.anchor).erased_at for fact in facts
        )

    def _is_erased(self, fact: Fact) -> bool:
        at = fact.event.received_at
        closed = {}
        for key in sorted(fact.keys):
            mark = self._mark(key, is_anchor=key == fact.anchor)
            if at <= mark.erased_at:
                return True
            if mark.closed_at and key not in self._reopened:
                closed[key] = mark.closed_at
        if closed and not fact.grants(max(closed.values())):
            return True
        self._reopened |= dict.fromkeys(closed, at)
        return False

    def _mark(self, key: str, *, is_anchor: bool) -> Mark:
        """The row knows best; the subject, what a row restored or not yet written does not."""
        row = self._snapshot.rows.get(key)
        erased_at = row.erased_at if row else 0
        closed_at = erased_at if row is not None and row.is_tombstone else 0
        if is_anchor or closed_at:
            subject = self._snapshot.keyring.subject(key)
            if subject.erased_at > erased_at:
                # that of a living subject is the receipt of the decision that made its key
                return Mark(
                    subject.erased_at, subject.erased_at if subject.is_erased else closed_at
                )
        return Mark(erased_at, closed_at)

    def _revive(self, key: str) -> None:
        """Start a new epoch where the key is from before the row's erasure.

        The lake or another batch may have done it for another decision. Then it is from their
        moment on: one more epoch would destroy what they sealed.
        """
        row = self._snapshot.rows.get(key)
        erased_at = row.erased_at if row else 0
        since = max(erased_at, self._reopened.get(key, 0) - 1)
        keyring = self._snapshot.keyring
        if not _is_of_today(keyring.subject(key), erased_at):
            keyring.load([key], is_fresh=True)  # this sandbox may remember a key that is gone
            known = keyring.subject(key)
            if not _is_of_today(known, erased_at):
                self._subjects.renew(known, max(since, known.erased_at))
                keyring.load([key], is_fresh=True)
        found, is_reopened = keyring.subject(key), key in self._reopened
        if not _is_of_today(found, erased_at) or (is_reopened and found.erased_at > since):
            raise RetryLater("subject_contended", "a subject changed while it was started anew")
        if is_reopened:
            self._snapshot.reopen(key, found.erased_at)


def _is_of_today(subject: Subject, since: int) -> bool:
    return not subject.is_erased and subject.erased_at >= since
