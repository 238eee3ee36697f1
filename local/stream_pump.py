"""Plays an event source mapping on a stream: Kinesis, or the changes of a table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from local.clock import LocalClock
from local.feeds import Feed
from local.lane import Lane
from local.mapping import Attempt, Failure, Item, MappingPlan, after, lowest_failed

Invoke = Callable[[dict[str, Any]], Any]
GiveUp = Callable[[MappingPlan, str, tuple[Item, ...], str], None]
"""Plan, shard, items, why: RetryAttemptsExhausted or RecordAgeExceeded."""


class StreamPump:
    """One mapping; each shard is a lane in which order is kept."""

    def __init__(
        self, plan: MappingPlan, feed: Feed, invoke: Invoke, give_up: GiveUp, clock: LocalClock
    ) -> None:
        self.plan = plan
        self._feed = feed
        self._invoke = invoke
        self._give_up = give_up
        self._clock = clock
        self._lanes: dict[str, Lane] = {}

    def run(self, *, is_flushing: bool) -> bool:
        """Read what is new and invoke once per lane with what is due; whether anything was done."""
        for shard_id, items in self._feed():
            self._lane(shard_id).extend(items)
        has_worked = False
        for shard_id, lane in self._lanes.items():
            attempt = lane.take(is_flushing=is_flushing)
            if attempt is not None:
                self._try(shard_id, lane, attempt)
                has_worked = True
        return has_worked

    def in_flight(self) -> int:
        for shard_id, items in self._feed():
            self._lane(shard_id).extend(items)
        return sum(len(lane) for lane in self._lanes.values())

    def wait_seconds(self) -> float | None:
        """How long until something is due; None when nothing will be."""
        waits = (lane.wait_seconds() for lane in self._lanes.values())
        return min((wait for wait in waits if wait is not None), default=None)

    def _lane(self, shard_id: str) -> Lane:
        if shard_id not in self._lanes:
            self._lanes[shard_id] = Lane(self.plan, self._clock)
        return self._lanes[shard_id]

    def _try(self, shard_id: str, lane: Lane, attempt: Attempt) -> None:
        attempt = self._drop_too_old(shard_id, attempt)
        if not attempt.items:
            return
        sequel = after(attempt, self._outcome(attempt), self.plan)
        lane.put_back(sequel)
        if sequel.given_up:
            self._give_up(self.plan, shard_id, sequel.given_up, "RetryAttemptsExhausted")

    def _outcome(self, attempt: Attempt) -> int | Failure | None:
        try:
            response = self._invoke({"Records": [item.event for item in attempt.items]})
        except Exception as error:  # noqa: BLE001 - whatever a handler raises fails its batch
            return Failure(type(error).__name__)
        return lowest_failed(attempt.items, response) if self.plan.is_partial else None

    def _drop_too_old(self, shard_id: str, attempt: Attempt) -> Attempt:
        if self.plan.max_age_seconds < 0:
            return attempt
        oldest = self._clock.now_ms() - self.plan.max_age_seconds * 1000
        expired = tuple(item for item in attempt.items if item.arrived_ms < oldest)
        if not expired:
            return attempt
        self._give_up(self.plan, shard_id, expired, "RecordAgeExceeded")
        kept = tuple(item for item in attempt.items if item.arrived_ms >= oldest)
        return Attempt(items=kept, spent=attempt.spent)
