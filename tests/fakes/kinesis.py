"""A stream in a list."""

from __future__ import annotations

from collections.abc import Sequence

from millrace.events import Event, open_envelope
from millrace.intake.ports import NotAllWritten, SinkRecord
from tests.fakes.vault import MemoryVault


class MemorySink:
    """`EventSink`; the positions in `refused` of the next call are not written."""

    def __init__(self) -> None:
        self.records: list[SinkRecord] = []
        self.refused: frozenset[int] = frozenset()

    def put(self, records: Sequence[SinkRecord]) -> None:
        unwritten = self.refused & frozenset(range(len(records)))
        self.refused = frozenset()
        self.records += [r for position, r in enumerate(records) if position not in unwritten]
        if unwritten:
            raise NotAllWritten("the stream is told to refuse", unwritten=unwritten)

    @property
    def events(self) -> list[Event]:
        """Every event in the stream, as a reader opens it."""
        vault = MemoryVault()
        return [
            event for record in self.records for event in open_envelope(record.data, vault).events
        ]
