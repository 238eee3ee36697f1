"""The durability ladder: what one store does not take goes to the next, and only that."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from millrace.intake.ports import EventSink, NotAllWritten, SinkRecord


def _unnoted(_rung: str, _events: int) -> None:
    """For whoever does not count detours."""


class LadderSink:
    """`EventSink` over several, asked in their order; each keeps its own time budget.

    A rung whose answer was lost may have taken what the next one takes too: such copies have
    the same message ids and change nothing when they are applied.
    """

    def __init__(
        self, rungs: Mapping[str, EventSink], *, note: Callable[[str, int], None] = _unnoted
    ) -> None:
        self._rungs = rungs
        self._note = note
        """Told the name of a rung below the first, and how many events it took."""

    def put(self, records: Sequence[SinkRecord]) -> None:
        """As the port says: NotAllWritten only for what no rung took."""
        pending = list(range(len(records)))
        said = []
        for place, (name, rung) in enumerate(self._rungs.items()):
            offered, pending = pending, []
            try:
                rung.put([records[position] for position in offered])
            except NotAllWritten as error:
                pending = [offered[position] for position in sorted(error.unwritten)]
                said.append(error.message)
            taken = set(offered).difference(pending)
            if place and taken:
                self._note(name, sum(records[position].event_count for position in taken))
            if not pending:
                return
        raise NotAllWritten("; ".join(said), unwritten=frozenset(pending))
