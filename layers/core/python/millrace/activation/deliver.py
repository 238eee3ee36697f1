"""Level-triggered delivery: whatever woke us, the destination is told how the person is now.

Nothing here depends on how often or in which order wakes come. A crash between any two steps
leaves messages in the queue, and the next try tells the same absolute state or finds it told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import partial

import msgspec

from millrace.activation.deferral import seconds_until_next_try
from millrace.activation.model import Channel, Delivery, Message, Outcome, Update
from millrace.activation.outcomes import outcome_of_error
from millrace.activation.plan import (
    Person,
    Unmappable,
    is_news,
    is_sendable,
    people,
    update_for,
)
from millrace.activation.ports import Deliveries, Http, Queues
from millrace.activation.report import Problem, Report
from millrace.activation.send import Sender, Settled
from millrace.clock import Clock
from millrace.errors import MillraceError
from millrace.privacy import Vault
from millrace.profiles.ports import DirtyMarks, ProfileReader
from millrace.secrets import Secrets


class Ports(msgspec.Struct, frozen=True, kw_only=True):
    """Everything outside that a delivery touches."""

    profiles: ProfileReader
    marks: DirtyMarks
    deliveries: Deliveries
    queues: Queues
    http: Http
    secrets: Secrets
    clock: Clock
    vault: Vault


BUDGET_MS = 45_000
"""How long one invocation goes on calling; its time-out must leave room for one more call."""


def deliver(
    messages: Sequence[Message], channel: Channel, ports: Ports, *, budget_ms: int = BUDGET_MS
) -> Report:
    """Tell `channel` about everybody in `messages`, all of them messages of its own queue.

    Raises RetryLater when our own tables cannot be asked: then every message comes again.
    """
    return _Delivery(channel, ports, ports.clock.now_ms() + budget_ms).run(messages)


class _Delivery:
    def __init__(self, channel: Channel, ports: Ports, until_ms: int) -> None:
        self._channel = channel
        self._name = channel.destination.name
        self._ports = ports
        self._until_ms = until_ms
        self._fingerprint = partial(ports.vault.token, "told")
        self._people: dict[str, Person] = {}
        self._kept: dict[str, Outcome] = {}
        self._count: Counter[str] = Counter()
        self._problems: Counter[tuple[str, str]] = Counter()

    def run(self, messages: Sequence[Message]) -> Report:
        profiles = self._ports.profiles.read_many({m.wake.key for m in messages})
        self._people = people(messages, profiles)
        for settled in self._send(self._news()):
            self._settle(settled)
        kept = self._defer()
        self._clear_marks(m for m in messages if m.message_id not in kept)
        return self._report(kept)

    def _news(self) -> list[Update]:
        """The updates to send; people about whom there is nothing to say are done with here."""
        last = self._ports.deliveries.read_many(self._name, list(self._people))
        found: list[Update] = []
        for key, person in self._people.items():
            update = update_for(self._channel, person.profile, last.get(key), self._fingerprint)
            if isinstance(update, Unmappable):
                self._keep(key, Outcome(kind="needs_human", code=f"mapping_{update.error}"))
            elif update is None or not is_news(update, last.get(key), person.messages):
                self._count["unchanged"] += 1
            else:
                found.append(update)
        return found

    def _send(self, updates: list[Update]) -> Iterable[Settled]:
        too_large = Outcome(kind="rejected", code="profile_too_large")
        yield [(u, too_large) for u in updates if not is_sendable(u, self._channel)]
        sendable = [u for u in updates if is_sendable(u, self._channel)]
        if not sendable:
            return
        try:
            secret = self._ports.secrets.get(self._channel.secret_name)
        except MillraceError as error:
            yield [(update, outcome_of_error(error)) for update in sendable]
            return
        yield from Sender(
            self._channel,
            secret=secret,
            http=self._ports.http,
            clock=self._ports.clock,
            until_ms=self._until_ms,
        ).send(sendable)

    def _settle(self, settled: Settled) -> None:
        """Record what was told; keep who has to be told later or has changed meanwhile."""
        told = {u.key: (u, o) for u, o in settled if o.kind in {"delivered", "rejected"}}
        for update, outcome in settled:
            if update.key not in told:
                self._keep(update.key, outcome)
            elif outcome.kind == "rejected":
                self._note(outcome)
                self._count["rejected"] += 1
            else:
                self._count["sent"] += 1
        if told:
            at = self._ports.clock.now_ms()
            self._ports.deliveries.record(
                self._name, {key: _delivery(u, o, at) for key, (u, o) in told.items()}
            )
            self._keep_overtaken({key: update for key, (update, _) in told.items()})

    def _keep_overtaken(self, told: Mapping[str, Update]) -> None:
        """Keep who changed while being told.

        Another invocation may have told the newer state first, and ours came last.
        """
        now = self._ports.profiles.read_many(told)
        for key, update in told.items():
            profile = now.get(key)
            if profile is None or profile.version == update.version:
                continue
            newest = update_for(self._channel, profile, None, self._fingerprint)
            if not isinstance(newest, Update) or newest.digest != update.digest:
                self._kept[key] = Outcome(kind="retry", code="overtaken", after_seconds=1)

    def _keep(self, key: str, outcome: Outcome) -> None:
        self._kept[key] = outcome
        self._count["deferred"] += 1
        self._note(outcome)

    def _note(self, outcome: Outcome) -> None:
        self._problems[outcome.kind, outcome.code] += 1

    def _clear_marks(self, messages: Iterable[Message]) -> None:
        newest: dict[str, int] = {}
        for message in messages:
            wake = message.wake
            newest[wake.key] = max(wake.version, newest.get(wake.key, 0))
        for key, version in newest.items():
            self._ports.marks.clear_dirty(key, self._name, version)

    def _defer(self) -> frozenset[str]:
        """The ids of the kept messages, hidden until it makes sense to try again."""
        kept = [(m, o) for key, o in self._kept.items() for m in self._people[key].messages]
        if kept:
            self._ports.queues.defer(
                self._name,
                {m.receipt_handle: seconds_until_next_try(m, outcome) for m, outcome in kept},
            )
        return frozenset(message.message_id for message, _ in kept)

    def _report(self, keep: frozenset[str]) -> Report:
        problems = tuple(
            Problem(destination=self._name, outcome=outcome, code=code, people=count)
            for (outcome, code), count in sorted(self._problems.items())
        )
        return Report(keep=keep, problems=problems, **self._count)


def _delivery(update: Update, outcome: Outcome, at: int) -> Delivery:
    return Delivery(
        digest=update.digest,
        version=update.version,
        at=at,
        receipt=outcome.receipt,
        code=outcome.code,
    )
