"""What a replay asks of the store of failed events and of whoever wires it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from millrace.events.identifiers import RULES, IdentifierRules
from millrace.events.versions import catalogue_version
from millrace.failed.journal import Entry
from millrace.failed.model import KeptEvent
from millrace.intake.ports import EventSink
from millrace.intake.sorting import Check, as_it_is
from millrace.intake.webhooks.model import WebhookSource
from millrace.privacy.ports import Vault


class ReplayedEvents(Protocol):
    def read(self, keys: Sequence[str]) -> list[KeptEvent | None]:
        """The failed events at `keys`, in their order; None for what is there no more.

        Raises RetryLater `failed_events_unavailable`.
        """
        ...

    def settle(self, events: Sequence[KeptEvent], replayed_at: int, job: str) -> None:
        """Move events from the failed to the replayed ones; a repeat changes nothing.

        They say when they were replayed, and by the id of which job.

        Raises RetryLater `failed_events_unavailable` when some may not have been moved.
        """
        ...


class ReplayJournal(Protocol):
    """Every call may raise RetryLater `failed_events_unavailable`."""

    def keep(self, entry: Entry) -> None:
        """Keep an entry; one of the same job and name takes the place of the first."""
        ...

    def newest(self, most: int) -> list[Entry]:
        """Every entry of the `most` newest jobs."""
        ...


class Counts(Protocol):
    def count(self, name: Literal["EventsReplayed", "EventsRecovered"], amount: int, /) -> None:
        """Add `amount` to the metric `name`."""
        ...


class Now(Protocol):
    def now_ms(self) -> int: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class ReplayDoors:
    """What `millrace.failed.replay.replay` works with."""

    store: ReplayedEvents
    journal: ReplayJournal
    sink: EventSink
    vault: Vault
    clock: Now
    sleep: Callable[[float], None]
    check: Check = as_it_is
    """The check that intake makes today."""
    catalogue: Callable[[], str] = catalogue_version
    rules: IdentifierRules = RULES
    webhooks: Mapping[str, WebhookSource] = field(default_factory=dict)
    """The definition of each source that is a webhook, by the source's name."""
