"""For whom the rows of a batch are sealed, and which events no row may be written of any more."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from millrace.errors import RetryLater
from millrace.events import Event, Identifier
from millrace.events.upcasting import as_newest
from millrace.identity.model import row_key
from millrace.privacy import Subject, Subjects, Vault

Grants = Callable[[Event, int], bool]
"""Whether an event is itself a granted decision of later: who was erased then starts anew."""


class Sealing:
    """The subjects of a batch. As in the profiles, an erased person's events are dropped."""

    def __init__(self, subjects: Subjects, vault: Vault, grants: Grants) -> None:
        self._subjects = subjects
        self._vault = vault
        self._grants = grants
        self._known: dict[str, Subject] = {}

    def sift(self, events: Sequence[Event]) -> list[tuple[Event, Subject]]:
        """The events that may be written, each with its anchor's subject. Raises RetryLater."""
        anchors = {self._key(event.anchor) for event in events}
        others = {self._key(one) for event in events for one in event.identifiers} - anchors
        self._known = self._subjects.read(others) | self._subjects.keys(anchors)
        in_time = sorted(events, key=lambda event: event.received_at)
        kept = [event for event in in_time if not self._is_erased(event)]
        return [(event, self._known[self._key(event.anchor)]) for event in kept]

    def _is_erased(self, event: Event) -> bool:
        keys = {self._key(one) for one in (event.anchor, *event.identifiers)}
        named = [self._known[key] for key in keys if key in self._known]
        if any(event.received_at <= subject.erased_at for subject in named):
            return True
        closed = [subject for subject in named if subject.is_erased]
        since = max((subject.erased_at for subject in closed), default=0)
        if closed and not self._grants(as_newest(event), since):
            return True
        for subject in closed:
            self._revive(subject, event.received_at)
        return False

    def _revive(self, subject: Subject, received_at: int) -> None:
        self._subjects.renew(subject, received_at - 1)
        found = self._subjects.read([subject.stem], is_fresh=True).get(subject.stem)
        if found is None or found.is_erased:
            raise RetryLater("subject_contended", "a subject changed while it was started anew")
        self._known[subject.stem] = found

    def _key(self, identifier: Identifier) -> str:
        return row_key(identifier.kind, self._vault.token(identifier.kind, identifier.value))
