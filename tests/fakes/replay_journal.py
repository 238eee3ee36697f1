"""The journal of replays in memory."""

from __future__ import annotations

from millrace.errors import RetryLater
from millrace.failed.journal import Entry


class MemoryReplayJournal:
    """`ReplayJournal`; `is_failing` makes every call raise."""

    def __init__(self) -> None:
        self.is_failing = False
        self.entries: dict[tuple[str, str], Entry] = {}

    def keep(self, entry: Entry) -> None:
        self._expect()
        self.entries[entry.job.id, entry.name] = entry

    def newest(self, most: int) -> list[Entry]:
        self._expect()
        jobs = sorted({job for job, _ in self.entries}, reverse=True)[:most]
        return [entry for (job, _), entry in sorted(self.entries.items()) if job in jobs]

    def _expect(self) -> None:
        if self.is_failing:
            raise RetryLater("failed_events_unavailable", "the journal is told to fail")
