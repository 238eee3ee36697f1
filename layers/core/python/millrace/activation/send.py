"""Sends batches until every update has an outcome; a vendor in trouble is left alone."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence

from millrace.activation.batches import Batch, batches, parts
from millrace.activation.channel import Channel
from millrace.activation.leave import Leave
from millrace.activation.model import HttpRequest, Outcome, Update
from millrace.activation.outcomes import dated, final, outcome_of_error
from millrace.activation.ports import Http
from millrace.clock import Clock
from millrace.errors import MillraceError

Settled = list[tuple[Update, Outcome]]

ALL_REFUSED = 10
"""So many rejections and nothing taken: the fault is ours or the vendor's, not the profiles'."""


class Sender:
    """One destination during one invocation."""

    def __init__(
        self,
        channel: Channel,
        *,
        secret: str,
        http: Http,
        clock: Clock,
        until_ms: int,
        leave: Leave,
    ) -> None:
        self._channel = channel
        self._secret = secret
        self._http = http
        self._clock = clock
        self._until_ms = until_ms
        self._leave = leave

    def send(self, updates: Sequence[Update]) -> Iterator[Settled]:
        """Outcomes as they become known; after the first call that failed nothing more is sent."""
        waiting = deque(batches(updates, self._channel.destination.limits))
        rejected: Settled = []
        is_taken = False
        while waiting:
            batch = waiting.popleft()
            held = self._held(batch)
            if held:
                yield [(update, held[update.key]) for update in batch if update.key in held]
                batch = [update for update in batch if update.key not in held]
            if not batch:
                continue
            outcomes = self._call(batch)
            if outcomes[0].kind == "split" and len(batch) > 1:
                waiting.extend(parts(batch, outcomes))
                continue
            settled = [(u, final(outcome)) for u, outcome in zip(batch, outcomes, strict=True)]
            rejected += [pair for pair in settled if pair[1].kind == "rejected"]
            is_taken = is_taken or any(outcome.kind == "delivered" for _, outcome in settled)
            yield [pair for pair in settled if pair[1].kind != "rejected"]
            stop = _reason_to_stop(settled, 0 if is_taken else len(rejected))
            if stop:
                yield [(update, stop) for left in waiting for update in left]
                break
        yield rejected if is_taken or len(rejected) < ALL_REFUSED else _blamed(rejected)

    def _held(self, batch: Batch) -> Mapping[str, Outcome]:
        """Why some of a batch must not be sent now; all of it where nobody can tell."""
        try:
            return self._leave.asked_now(batch)
        except MillraceError as error:
            return dict.fromkeys((update.key for update in batch), outcome_of_error(error))

    def _call(self, batch: Batch) -> Sequence[Outcome]:
        now_ms = self._clock.now_ms()
        if now_ms >= self._until_ms:
            return [Outcome(kind="retry", code="out_of_time", after_seconds=1)] * len(batch)
        try:
            response = self._http.send(
                self._request(batch, now_ms), may_be_private=self._channel.may_be_private
            )
        except MillraceError as error:
            return [outcome_of_error(error)] * len(batch)
        outcomes = self._channel.destination.outcomes(response, batch)
        return [dated(outcome, response, now_ms) for outcome in outcomes]

    def _request(self, batch: Batch, now_ms: int) -> HttpRequest:
        sending = self._channel.sending(self._secret, now_ms)
        return self._channel.destination.request(batch, sending)


def _reason_to_stop(settled: Settled, rejected_in_a_row: int) -> Outcome | None:
    first = settled[0][1]
    if all(outcome.kind in {"retry", "needs_human"} for _, outcome in settled):
        return first
    if rejected_in_a_row >= ALL_REFUSED:
        return Outcome(kind="needs_human", code="rejects_everything")
    return None


def _blamed(rejected: Settled) -> Settled:
    return [(u, Outcome(kind="needs_human", code="rejects_everything")) for u, _ in rejected]
