"""What intake asks of the stream, of the metrics and of whoever wires it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import msgspec

from millrace.clock import Clock
from millrace.errors import RetryLater
from millrace.events.identifiers import RULES, IdentifierRules
from millrace.events.model import Event
from millrace.events.ports import FailedEvents
from millrace.intake.recent import RecentIds
from millrace.intake.throttle import Throttle
from millrace.privacy.ports import Vault
from millrace.secrets import Secrets


class SinkRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One record for the stream: sealed events of one anchor, in the order in which they came."""

    partition_key: str
    data: bytes
    event_count: int = 1


class NotAllWritten(RetryLater):
    """Some records are not known to be in the stream; `unwritten` are their positions."""

    def __init__(self, message: str, *, unwritten: frozenset[int]) -> None:
        super().__init__("stream_unavailable", message, after_seconds=2)
        self.unwritten = unwritten


class EventSink(Protocol):
    def put(self, records: Sequence[SinkRecord]) -> None:
        """Write every record durably, in order per partition key.

        Raises NotAllWritten `stream_unavailable` when some could not be written in time.
        """
        ...


class Counts(Protocol):
    def count(
        self,
        name: Literal["EventsReceived", "EventsFailed", "RequestsRefused", "UnhandledErrors"],
        amount: int = 1,
    ) -> None:
        """Add `amount` to the metric `name`."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Doors:
    """What `millrace.intake.track.answer` works with."""

    write_keys: Mapping[str, str]
    """Source name -> name of the secret that holds its write key."""
    secrets: Secrets
    sink: EventSink
    failed_events: FailedEvents
    vault: Vault
    clock: Clock
    check: Callable[[Event], Event] = lambda event: event
    """Holds an event against the tracking plan: flags it, or raises RejectedEvent."""
    rules: IdentifierRules = RULES
    throttle: Throttle = field(default_factory=Throttle)
    recent: RecentIds = field(default_factory=RecentIds)
    report: Callable[[Exception], None] = lambda _error: None
    """Told of every error that made a request fail for a reason of ours."""
