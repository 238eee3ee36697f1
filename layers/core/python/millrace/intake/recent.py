"""Message ids that come again: the same event once more, or another event under its id.

The judgement is cheap and knows little: one request, and what this sandbox took lately. Profiles
are kept right without it, by the ids that they have seen. What it adds is that a second content
under one id is kept as a failed event, where it would have been dropped as a duplicate.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from millrace.events.model import Event

Repeat = Literal["accepted", "duplicate", "collision"]
CAPACITY = 10_000
_encoder = msgspec.json.Encoder()


class RecentIds:
    """Digests by source and message id, of the newest `capacity` to twice as many events."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._new: dict[tuple[str, str], bytes] = {}
        self._old: dict[tuple[str, str], bytes] = {}

    def get(self, key: tuple[str, str]) -> bytes | None:
        return self._new.get(key) or self._old.get(key)

    def remember(self, digests: Mapping[tuple[str, str], bytes]) -> None:
        """Only of events that are stored: what is forgotten or never known is merely accepted."""
        self._new.update(digests)
        if len(self._new) >= self._capacity:
            self._old, self._new = self._new, {}

    def __len__(self) -> int:
        return len(self._new) + len(self._old)


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    repeats: list[Repeat]
    """One per event."""
    digests: dict[tuple[str, str], bytes]
    """What to remember once the events are stored."""


def judge(events: Sequence[Event], recent: RecentIds) -> Judgement:
    """Which of `events` came before; the first content under an id is the one that counts."""
    repeats: list[Repeat] = []
    digests: dict[tuple[str, str], bytes] = {}
    for event in events:
        key = (event.source, event.message_id)
        digest = _digest(event)
        known = digests.get(key) or recent.get(key)
        if known is None:
            digests[key] = digest
        repeats.append(
            "accepted" if known is None else "duplicate" if known == digest else "collision"
        )
    return Judgement(repeats=repeats, digests=digests)


def _digest(event: Event) -> bytes:
    """Of what happened to whom. Retries change the rest: times, addresses, what sent it."""
    said = (event.type, event.name, event.identifiers, event.traits, event.properties)
    return hashlib.blake2b(_encoder.encode(said), digest_size=8).digest()
