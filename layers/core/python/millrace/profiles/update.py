"""The use case: records of the events stream become right profiles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from millrace.clock import ENDLESS, Clock, Deadline
from millrace.errors import GiveUp, RetryLater
from millrace.events import Event, FailedEvent, open_envelope
from millrace.events.ports import FailedEvents
from millrace.privacy import Subjects, Vault
from millrace.profiles.commit import Committed, Committing
from millrace.profiles.drafting import Drafting, ProfileRules
from millrace.profiles.facts import Fact, Facts
from millrace.profiles.outcome import Outcome
from millrace.profiles.ports import ProfileStore

STAGE = "profiles/update"
_encode = msgspec.json.Encoder().encode


class Record(Protocol):
    """One record of the stream; `runtime.kinesis.StreamRecord` is one."""

    @property
    def sequence_number(self) -> str: ...
    @property
    def data(self) -> bytes: ...
    @property
    def arrived_at(self) -> int: ...


class _Delivery(msgspec.Struct, kw_only=True):
    """One record of the batch with what was found in it."""

    record: Record
    facts: list[Fact] = msgspec.field(default_factory=list)
    failures: list[FailedEvent] = msgspec.field(default_factory=list)
    request_id: str = ""


class UpdateProfiles:
    """Applies batches; the same record again, or at the same time elsewhere, changes nothing."""

    def __init__(
        self,
        *,
        store: ProfileStore,
        vault: Vault,
        subjects: Subjects,
        failed_events: FailedEvents,
        clock: Clock,
        rules: ProfileRules,
        threads: int = 1,
    ) -> None:
        self._vault = vault
        self._failed_events = failed_events
        self._clock = clock
        self._rules = rules
        drafting = Drafting(store=store, vault=vault, clock=clock, rules=rules)
        self._committing = Committing(
            store=store, vault=vault, subjects=subjects, drafting=drafting, threads=threads
        )

    def update(self, records: Sequence[Record], deadline: Deadline = ENDLESS) -> Outcome:
        """Apply a batch. What the vault raises, except GiveUp, concerns all of it: it comes out."""
        facts = Facts(self._vault, self._rules.consent)
        deliveries: list[_Delivery] = []
        count = 0
        for record in records:
            delivery = self._open(record, facts, count)
            count += len(delivery.facts)
            deliveries.append(delivery)
        committed = self._committing.commit(
            [fact for one in deliveries for fact in one.facts], deadline
        )
        for delivery in deliveries:
            delivery.failures += _failures(delivery, committed)
        is_kept = self._keep([failure for one in deliveries for failure in one.failures])
        settled = committed.settled()
        retry = [
            one
            for one in deliveries
            if (one.failures and not is_kept)
            or any(fact.number not in settled for fact in one.facts)
        ]
        return self._count(deliveries, retry, committed)

    def _open(self, record: Record, facts: Facts, first: int) -> _Delivery:
        try:
            envelope = open_envelope(record.data, self._vault)
        except GiveUp as error:
            return _Delivery(record=record, failures=[_unreadable(record, error)])
        return _Delivery(
            record=record,
            facts=[facts.of(event, first + place) for place, event in enumerate(envelope.events)],
            request_id=envelope.request_id,
        )

    def _keep(self, failures: Sequence[FailedEvent]) -> bool:
        try:
            if failures:
                self._failed_events.keep(failures)
        except RetryLater:
            return False
        return True

    def _count(
        self, deliveries: list[_Delivery], retry: list[_Delivery], committed: Committed
    ) -> Outcome:
        settled = deliveries[: deliveries.index(retry[0])] if retry else deliveries
        numbers = {fact.number for one in settled for fact in one.facts}
        applied = numbers & committed.applied
        oldest = min(
            (f.event.received_at for one in settled for f in one.facts if f.number in applied),
            default=None,
        )
        return Outcome(
            retry=[one.record.sequence_number for one in retry],
            applied=len(applied),
            duplicate=len(numbers & committed.duplicate),
            blocked=len(numbers & committed.blocked),
            erased=len(numbers & committed.erased),
            failed=sum(len(one.failures) for one in settled),
            merges_made=committed.merges_made,
            merges_refused=committed.merges_refused,
            freshness_ms=None if oldest is None else max(0, self._clock.now_ms() - oldest),
        )


def _unreadable(record: Record, error: GiveUp) -> FailedEvent:
    """A record that is none of ours counts as one event: how many it held cannot be told."""
    return FailedEvent(
        stage=STAGE,
        code=error.code,
        source="",
        received_at=record.arrived_at,
        request_id="",
        payload=record.data,
    )


def _failures(delivery: _Delivery, committed: Committed) -> list[FailedEvent]:
    return [
        _failed(fact.stored, committed.failed[fact.number].code, delivery.request_id)
        for fact in delivery.facts
        if fact.number in committed.failed
    ]


def _failed(event: Event, code: str, request_id: str) -> FailedEvent:
    return FailedEvent(
        stage=STAGE,
        code=code,
        source=event.source,
        received_at=event.received_at,
        request_id=request_id,
        payload=_encode(event),
    )
