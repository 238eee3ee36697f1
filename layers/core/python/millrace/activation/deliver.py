"""Level-triggered delivery: whatever woke us, the destination is told how the person is now.

Nothing here depends on how often or in which order wakes come. A crash between any two steps
leaves messages in the queue, and the next try tells the same absolute state or finds it told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from millrace.activation.channel import Channel
from millrace.activation.deferral import seconds_until_next_try
from millrace.activation.memory import Memory
from millrace.activation.model import Message, Outcome, Update
from millrace.activation.outcomes import outcome_of_error
from millrace.activation.plan import (
    Person,
    Unmappable,
    delivery_of,
    is_news,
    is_sendable,
    people,
    update_for,
)
from millrace.activation.report import Problem, Report
from millrace.activation.send import Sender, Settled
from millrace.activation.world import Ports
from millrace.errors import MillraceError

OVERTAKEN = Outcome(kind="retry", code="overtaken", after_seconds=1)
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
        self._leave = ports.leave(channel)
        self._fingerprint = partial(ports.vault.token, "told")
        self._people: dict[str, Person] = {}
        self._memory = Memory(self._name, ports.deliveries, ports.clock)
        self._kept: dict[str, Outcome] = {}
        self._count: Counter[str] = Counter()
        self._problems: Counter[tuple[str, str]] = Counter()

    def run(self, messages: Sequence[Message]) -> Report:
        profiles = self._ports.profiles.read_many({m.wake.key for m in messages})
        self._people = people(messages, profiles)
        withheld = self._leave.withheld(person.profile for person in self._people.values())
        self._memory.read(profiles.keys())
        self._memory.doubt(profiles.keys() - self._people.keys())
        self._tell(self._channel, self._news(self._channel, self._people.keys() - withheld))
        self._tell(self._channel.withdrawing, self._withdrawals(withheld))
        kept = self._defer()
        self._clear_marks(m for m in messages if m.message_id not in kept)
        return self._report(kept)

    def _news(self, channel: Channel, keys: Iterable[str]) -> list[Update]:
        """The updates to send; people about whom there is nothing to say are done with here."""
        found: list[Update] = []
        for key in sorted(keys):
            person, last = self._people[key], self._memory.last.get(key)
            update = update_for(channel, person.profile, last, self._fingerprint)
            if isinstance(update, Unmappable):
                self._keep(key, Outcome(kind="needs_human", code=f"mapping_{update.error}"))
            elif update is None or not is_news(update, last, person.messages):
                self._count["unchanged"] += 1
            else:
                found.append(update)
        return found

    def _withdrawals(self, withheld: set[str]) -> list[Update]:
        """What those who may not be told any more are told as; only who was told of learns it."""
        channel = self._channel.withdrawing
        known = [key for key in withheld if key in self._memory.last] if channel else []
        self._count["withheld"] += len(withheld) - len(known)
        return self._news(channel, known) if channel else []

    def _tell(self, channel: Channel | None, updates: list[Update]) -> None:
        if channel is None or not updates:
            return
        self._memory.intend(update.key for update in updates)
        for settled in self._send(channel, updates):
            self._settle(settled)

    def _send(self, channel: Channel, updates: list[Update]) -> Iterable[Settled]:
        too_large = Outcome(kind="rejected", code="profile_too_large")
        yield [(u, too_large) for u in updates if not is_sendable(u, channel)]
        sendable = [u for u in updates if is_sendable(u, channel)]
        if not sendable:
            return
        try:
            secret = self._ports.secrets.get(channel.secret_name)
        except MillraceError as error:
            yield [(update, outcome_of_error(error)) for update in sendable]
            return
        yield from Sender(
            channel,
            secret=secret,
            http=self._ports.http,
            clock=self._ports.clock,
            until_ms=self._until_ms,
            leave=self._leave,
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
            unsure = self._memory.record({k: delivery_of(u, o, at) for k, (u, o) in told.items()})
            self._kept |= dict.fromkeys(unsure, OVERTAKEN)
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
                self._kept[key] = OVERTAKEN

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
