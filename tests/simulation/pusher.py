"""The real wake and deliver between a table's stream, a queue and a destination that all fail."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import msgspec

from millrace.activation import (
    CannotForget,
    Channel,
    Delivery,
    Destination,
    HttpRequest,
    HttpResponse,
    Limits,
    Message,
    Ports,
    Report,
    Sending,
    Update,
    Wake,
    by_status,
    deliver,
)
from millrace.activation.wake import MarksChange, wake
from millrace.errors import RetryLater
from millrace.profiles.model import Profile, Row
from millrace.profiles.reading import Opening, read_profiles
from millrace.profiles.rules import ReadRules
from millrace.settings import ConsentSettings
from tests.core.profiles.stories import PRIORITIES
from tests.fakes.clock import MemoryClock
from tests.fakes.secrets import MemorySecrets
from tests.fakes.suppressions import MemorySuppressions
from tests.simulation.conditions import Crash
from tests.simulation.faults import Chaos
from tests.simulation.table import Table
from tests.simulation.vault import PlainVault

NAME = "klaviyo"


def told(profile: Profile, _options: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": profile.profile_id, "is": profile.identifiers, "traits": profile.traits}


def request(batch: Sequence[Update], _sending: Sending) -> HttpRequest:
    body = msgspec.json.encode([update.state for update in batch])
    return HttpRequest(method="POST", url="https://esp.example", headers={}, body=body)


DESTINATION = Destination(
    name=NAME,
    docs="https://esp.example",
    base_url="https://esp.example",
    limits=Limits(profiles=3, bytes=1_000_000, profile_bytes=100_000),
    tells=frozenset({"id", "is", "traits"}),
    told=told,
    request=request,
    outcomes=by_status,
    forget=CannotForget(docs="https://esp.example", reason="nobody is erased in this simulation"),
    purposes=frozenset({"sharing"}),
)


class Outside:
    """The queue, the deliveries table and the destination, as the ports promise them."""

    def __init__(self, chaos: Chaos, table: Table, vault: PlainVault) -> None:
        self.waiting: list[Message] = []
        self.knows: dict[str, Any] = {}
        self._chaos, self._table = chaos, table
        self._opening = Opening(
            vault=vault,
            subjects=table.subjects,
            rules=ReadRules(priorities=PRIORITIES),
            clock=MemoryClock(),
        )
        self._recorded: dict[str, Delivery] = {}
        self._number = 0

    def read_many(self, *keys: Any) -> dict[str, Any]:
        """Profiles by keys, or deliveries by destination and keys."""
        if len(keys) == 1:
            return read_profiles(self._table, keys[0], self._opening)
        return self._call("read_deliveries", lambda: self._deliveries(keys[1]))

    def read(self, key: str) -> Profile | None:
        return self.read_many([key]).get(key)

    def record(self, destination: str, deliveries: Mapping[str, Delivery]) -> None:
        self._call("record_delivery", lambda: self._recorded.update(deliveries))

    def send(self, what: Any, **_: Any) -> Any:
        """A request to the destination, or wakes to the queue."""
        if isinstance(what, HttpRequest):
            return self._call("tell", lambda: self._learn(what))
        return self._queue(what)

    def defer(self, destination: str, seconds: Mapping[str, int]) -> None:
        return

    def _queue(self, wakes: Sequence[Wake]) -> list[Wake]:
        fault = self._chaos.before("send_wakes")
        if fault == "crash_before":
            raise Crash
        sent = wakes[: len(wakes) // 2] if fault == "partial_batch" else wakes
        self.waiting += [self.message(one) for one in sent]
        if fault == "crash_after":
            raise Crash
        return list(wakes[len(sent) :])

    def message(self, one: Wake) -> Message:
        self._number += 1
        name = f"{self._number}"
        return Message(wake=one, message_id=name, receipt_handle=name, receives=0)

    def _learn(self, asked: HttpRequest) -> HttpResponse:
        for state in msgspec.json.decode(asked.body):
            self.knows[state["id"]] = state
        return HttpResponse(status=202)

    def _deliveries(self, keys: Collection[str]) -> dict[str, Delivery]:
        return {key: self._recorded[key] for key in keys if key in self._recorded}

    def _call(self, call: str, effect: Callable[[], Any]) -> Any:
        fault = self._chaos.before(call)
        if fault == "crash_before":
            raise Crash
        if fault in {"throttle", "timeout_before"}:
            return self._fail(call, fault)
        answer = effect()
        if fault == "crash_after":
            raise Crash
        return self._fail(call, fault) if fault == "timeout_after" else answer

    def _fail(self, call: str, fault: str) -> HttpResponse:
        if call == "tell" and fault == "throttle":
            return HttpResponse(status=429)
        raise RetryLater("unavailable", f"injected: {fault}")


class Pusher:
    """Work for the scheduler: `next_work` gives an invocation and what becomes of its end."""

    def __init__(
        self, chaos: Chaos, table: Table, vault: PlainVault, clock: MemoryClock, dice: random.Random
    ) -> None:
        self.outside = Outside(chaos, table, vault)
        self._dice = dice
        self._table, self._chaos = table, chaos
        self._changes: deque[MarksChange] = deque()
        self._is_waking = False
        self._number = 0
        self._in_flight = 0
        table.on_change = self._note
        self._channel = Channel(destination=DESTINATION, secret_name="s")
        outside: Any = self.outside
        self._ports = Ports(
            profiles=outside,
            marks=table,
            deliveries=outside,
            queues=outside,
            http=outside,
            secrets=MemorySecrets({"s": "secret"}),
            clock=clock,
            vault=vault,
            suppressions=MemorySuppressions(),
            consent=ConsentSettings(),
        )

    def has_work(self) -> bool:
        is_marked = any(row.dirty for row in self._table.rows.values())
        return bool(self._changes or self.outside.waiting or self._in_flight or is_marked)

    def next_work(self) -> tuple[Callable[[], Any], Callable[[Any], None]] | None:
        """An invocation, and what is done with its result; None is a crash or an exception."""
        if self._changes and not self._is_waking and self._dice.random() < 0.5:
            return self._wake([self._changes[at] for at in range(min(5, len(self._changes)))])
        if self.outside.waiting:
            count = min(len(self.outside.waiting), self._dice.randint(1, 4))
            return self._deliver(self._dice.sample(self.outside.waiting, count))
        if not self._changes and not self._in_flight:
            self._wake_again()
        return None

    def _wake_again(self) -> None:
        """What on-call does when wakes were lost: wake whoever is marked."""
        for key, row in sorted(self._table.rows.items()):
            wakes = [Wake(destination=NAME, key=key, version=one) for one in row.dirty.values()]
            self.outside.waiting += [self.outside.message(one) for one in wakes]

    def _note(self, key: str, before: Row | None, after: Row) -> None:
        self._number += 1
        change = MarksChange(
            sequence_number=f"{self._number:09d}",
            key=key,
            before=before.dirty if before else {},
            after=after.dirty,
        )
        self._changes.append(change)

    def _wake(self, batch: list[MarksChange]) -> Any:
        self._is_waking = True

        def end(retry: list[str] | None) -> None:
            self._is_waking = False
            if self._chaos.strikes("wakes_lost", self._chaos.rate / 2):
                retry = []  # as when its retries have run out; the marks remember
            first = min(retry, default="~") if retry is not None else ""
            while self._changes and self._changes[0] in batch:
                if self._changes[0].sequence_number >= first:
                    return
                self._changes.popleft()

        if self._chaos.strikes("wakes_lost", self._chaos.rate / 2):
            return (list), end

        return (lambda: wake(batch, self.outside, destinations=(NAME,))), end  # type: ignore[arg-type]

    def _deliver(self, taken: list[Message]) -> Any:
        self._in_flight += 1
        batch = [msgspec.structs.replace(one, receives=one.receives + 1) for one in taken]
        self.outside.waiting = [one for one in self.outside.waiting if one not in taken]

        def end(report: Report | None) -> None:
            self._in_flight -= 1
            for one in batch:
                is_kept = report is None or one.message_id in report.keep
                if is_kept or self._dice.random() < 0.05:  # at least once
                    self.outside.waiting.append(one)

        return (lambda: deliver(batch, self._channel, self._ports)), end
