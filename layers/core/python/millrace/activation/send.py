"""Sends batches until every update has an outcome; a vendor in trouble is left alone."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence

from millrace.activation.batches import Batch, batches, parts
from millrace.activation.model import Channel, HttpRequest, HttpResponse, Outcome, Sending, Update
from millrace.activation.outcomes import outcome_of_error, retry_after
from millrace.activation.ports import Http
from millrace.clock import Clock
from millrace.errors import MillraceError

Settled = list[tuple[Update, Outcome]]

ALL_REFUSED = 10
"""So many rejections and nothing taken: the fault is ours or the vendor's, not the profiles'."""


class Sender:
    """One destination during one invocation."""

    def __init__(
        self, channel: Channel, *, secret: str, http: Http, clock: Clock, until_ms: int
    ) -> None:
        self._channel = channel
        self._secret = secret
        self._http = http
        self._clock = clock
        self._until_ms = until_ms

    def send(self, updates: Sequence[Update]) -> Iterator[Settled]:
        """Outcomes as they become known; after the first call that failed nothing more is sent."""
        waiting = deque(batches(updates, self._channel.destination.limits))
        rejected: Settled = []
        is_taken = False
        while waiting:
            batch = waiting.popleft()
            outcomes = self._call(batch)
            if outcomes[0].kind == "split" and len(batch) > 1:
                waiting.extend(parts(batch, outcomes))
                continue
            settled = [(u, _final(outcome)) for u, outcome in zip(batch, outcomes, strict=True)]
            rejected += [pair for pair in settled if pair[1].kind == "rejected"]
            is_taken = is_taken or any(outcome.kind == "delivered" for _, outcome in settled)
            yield [pair for pair in settled if pair[1].kind != "rejected"]
            stop = _reason_to_stop(settled, 0 if is_taken else len(rejected))
            if stop:
                yield [(update, stop) for left in waiting for update in left]
                break
        yield rejected if is_taken or len(rejected) < ALL_REFUSED else _blamed(rejected)

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
        return _dated(self._channel.destination.outcomes(response, batch), response, now_ms)

    def _request(self, batch: Batch, now_ms: int) -> HttpRequest:
        sending = Sending(
            base_url=self._channel.base_url.rstrip("/"),
            secret=self._secret,
            options=self._channel.options,
            now_ms=now_ms,
        )
        return self._channel.destination.request(batch, sending)


def _dated(outcomes: Sequence[Outcome], response: HttpResponse, now_ms: int) -> Sequence[Outcome]:
    """Outcomes that wait, with the time that the answer's Retry-After asks for."""
    after = retry_after(response.headers, now_ms)
    return [
        Outcome(kind="retry", code=outcome.code, after_seconds=after)
        if outcome.kind == "retry" and outcome.after_seconds is None
        else outcome
        for outcome in outcomes
    ]


def _final(outcome: Outcome) -> Outcome:
    """A refusal that cannot be split any further is about the one profile."""
    return Outcome(kind="rejected", code=outcome.code) if outcome.kind == "split" else outcome


def _reason_to_stop(settled: Settled, rejected_in_a_row: int) -> Outcome | None:
    first = settled[0][1]
    if all(outcome.kind in {"retry", "needs_human"} for _, outcome in settled):
        return first
    if rejected_in_a_row >= ALL_REFUSED:
        return Outcome(kind="needs_human", code="rejects_everything")
    return None


def _blamed(rejected: Settled) -> Settled:
    return [(u, Outcome(kind="needs_human", code="rejects_everything")) for u, _ in rejected]
