"""How many events a source may send: a bucket of tokens for each, in this sandbox only."""

from __future__ import annotations

import math
from collections.abc import Callable

from millrace.errors import RetryLater

BURST_SECONDS = 2


class RateLimited(RetryLater):
    """A source sends more than it may; nothing of its request is kept."""

    def __init__(self, after_seconds: float) -> None:
        super().__init__(
            "rate_limited",
            "this source sends more events a second than it may; send the same request again",
            after_seconds=after_seconds,
        )


class Throttle:
    """At most `per_second` events of each source, with bursts of two seconds' worth; 0: no limit.

    A request that finds any token at all is taken whole and leaves a debt, so that the largest
    batch passes however small the limit is.
    """

    def __init__(self, per_second: int = 0, monotonic: Callable[[], float] = lambda: 0.0) -> None:
        self._per_second = per_second
        self._monotonic = monotonic
        self._tokens: dict[str, tuple[float, float]] = {}

    def take(self, source: str, events: int) -> None:
        """RateLimited when the source has nothing left; then nothing is taken."""
        if not self._per_second:
            return
        now = self._monotonic()
        burst = float(self._per_second * BURST_SECONDS)
        at, left = self._tokens.get(source, (now, burst))
        left = min(burst, left + (now - at) * self._per_second)
        if left < 1:
            self._tokens[source] = (now, left)
            raise RateLimited(math.ceil((1 - left) / self._per_second))
        self._tokens[source] = (now, left - events)
