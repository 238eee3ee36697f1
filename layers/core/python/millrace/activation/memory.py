"""What a destination was last told of the people of one invocation, and what it is told now."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from millrace.activation.model import Delivery
from millrace.activation.ports import Deliveries
from millrace.clock import Clock


class Memory:
    """`last`: what was recorded when it was read, by root key."""

    def __init__(self, destination: str, deliveries: Deliveries, clock: Clock) -> None:
        self.last: dict[str, Delivery] = {}
        self._destination = destination
        self._deliveries = deliveries
        self._clock = clock

    def read(self, keys: Collection[str]) -> None:
        self.last = self._deliveries.read_many(self._destination, list(keys))

    def intend(self, keys: Iterable[str]) -> None:
        """Before anybody is told of the first time: a crash after it must not hide that they were.

        Who withdraws consent then is told as withdrawn, instead of never again.
        """
        unsure = self._unsure()
        new = {key: unsure for key in keys if key not in self.last}
        if new:
            self._deliveries.record(self._destination, new)
            self.last |= new

    def doubt(self, joined: Iterable[str]) -> None:
        """Their messages end here, and may have told of them before: who parts is told anew."""
        unsure = self._unsure()
        known = {key: last for key in joined if (last := self.last.get(key)) and last.digest}
        self._replace({key: (last, unsure) for key, last in known.items()})

    def record(self, told: Mapping[str, Delivery]) -> set[str]:
        """Those of whom it is not known that ours came last: the record is not as it was read.

        Another invocation told of them, or a destination deleted them and it was forgotten.
        """
        return told.keys() - self._replace({key: (self.last[key], told[key]) for key in told})

    def _replace(self, changes: Mapping[str, tuple[Delivery, Delivery]]) -> Collection[str]:
        return self._deliveries.replace(self._destination, changes) if changes else ()

    def _unsure(self) -> Delivery:
        """What is recorded of whom nobody knows as what they were told."""
        return Delivery(digest="", version=0, at=self._clock.now_ms())
