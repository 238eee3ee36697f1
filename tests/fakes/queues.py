"""Queues of wakes in lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from millrace.activation import Wake


class MemoryQueues:
    """`Queues`; wakes whose key is in `refused` cannot be sent."""

    def __init__(self, refused: Sequence[str] = ()) -> None:
        self.sent: list[Wake] = []
        self.deferred: dict[str, int] = {}
        self.refused = set(refused)

    def send(self, wakes: Sequence[Wake]) -> list[Wake]:
        unsent = [wake for wake in wakes if wake.key in self.refused]
        self.sent += [wake for wake in wakes if wake.key not in self.refused]
        return unsent

    def defer(self, destination: str, seconds: Mapping[str, int]) -> None:
        self.deferred |= dict(seconds)
