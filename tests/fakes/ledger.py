"""The ledger in a dictionary."""

from __future__ import annotations

from millrace.errors import MillraceError
from millrace.privacy.attesting import day_of
from millrace.privacy.ledger import Entry, Leaf, Link, link


class MemoryLedger:
    """`Ledger`; set `failing` to break the next append."""

    def __init__(self, clock) -> None:
        self._clock = clock
        self.chains: dict[str, list[Link]] = {}
        self.failing: MillraceError | None = None

    def append(self, entry: Entry) -> bool:
        if self.failing is not None:
            error, self.failing = self.failing, None
            raise error
        chain = self.chains.setdefault(entry.subject, [])
        if any(each.entry.name == entry.name for each in chain):
            return False
        chain.append(link(entry, chain[-1] if chain else None, self._clock.now_ms()))
        return True

    def read(self, subject: str) -> list[Link]:
        return list(self.chains.get(subject, ()))

    def day(self, day: str) -> list[Leaf]:
        every = (each for chain in self.chains.values() for each in chain)
        return [each.leaf for each in every if day_of(each.recorded_at) == day]
