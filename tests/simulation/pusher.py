"""The real wake and deliver between a table's stream, a queue and a destination that all fail."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from millrace.activation import Message, Ports, Report, Wake, deliver
from millrace.activation.wake import MarksChange, wake
from millrace.profiles.model import Row
from millrace.profiles.rules import ReadRules
from millrace.settings import ConsentSettings
from tests.core.profiles.stories import PRIORITIES
from tests.fakes.clock import MemoryClock
from tests.fakes.secrets import MemorySecrets
from tests.simulation.conditions import Crash, Port
from tests.simulation.erasing import DELIVERIES, SUPPRESSIONS, Offices
from tests.simulation.esp import CHANNEL, NAME, VAULT, Reader, Watch
from tests.simulation.faults import Chaos
from tests.simulation.table import Table


class Queue:
    """Wakes that wait for the pusher."""

    def __init__(self, chaos: Chaos) -> None:
        self.waiting: list[Message] = []
        self._chaos = chaos
        self._number = 0

    def send(self, wakes: Sequence[Wake]) -> list[Wake]:
        fault = self._chaos.before("send_wakes")
        if fault == "crash_before":
            raise Crash
        sent = wakes[: len(wakes) // 2] if fault == "partial_batch" else wakes
        self.waiting += [self.message(one) for one in sent]
        if fault == "crash_after":
            raise Crash
        return list(wakes[len(sent) :])

    def defer(self, destination: str, seconds: Mapping[str, int]) -> None:
        return

    def message(self, one: Wake) -> Message:
        self._number += 1
        name = f"{self._number}"
        return Message(wake=one, message_id=name, receipt_handle=name, receives=0)


class Pusher:
    """Work for the scheduler: `next_work` gives an invocation and what becomes of its end."""

    def __init__(
        self, chaos: Chaos, table: Table, offices: Offices, watch: Watch, dice: random.Random
    ) -> None:
        self.queue = Queue(chaos)
        self._dice = dice
        self._table, self._chaos, self._watch = table, chaos, watch
        self._changes: deque[MarksChange] = deque()
        self._is_waking = False
        self._number = 0
        self._in_flight = 0
        table.on_change = self._note
        port: Any = Port
        self._ports = Ports(
            profiles=Reader(table, ReadRules(priorities=PRIORITIES), MemoryClock()),
            marks=table,
            deliveries=port(offices.deliveries, watch, DELIVERIES),
            queues=self.queue,
            http=offices.destinations,
            secrets=MemorySecrets({"s": "secret"}),
            clock=offices.clock,
            vault=VAULT,
            suppressions=port(offices.suppressions, watch, SUPPRESSIONS),
            consent=ConsentSettings(),
        )

    def has_work(self) -> bool:
        is_marked = any(row.dirty for row in self._table.rows.values())
        return bool(self._changes or self.queue.waiting or self._in_flight or is_marked)

    def next_work(self) -> tuple[Callable[[], Any], Callable[[Any], None]] | None:
        """An invocation, and what is done with its result; None is a crash or an exception."""
        if self._changes and not self._is_waking and self._dice.random() < 0.5:
            return self._wake([self._changes[at] for at in range(min(5, len(self._changes)))])
        if self.queue.waiting:
            count = min(len(self.queue.waiting), self._dice.randint(1, 4))
            return self._deliver(self._dice.sample(self.queue.waiting, count))
        if not self._changes and not self._in_flight:
            self._wake_again()
        return None

    def _wake_again(self) -> None:
        """What on-call does when wakes were lost: wake whoever is marked."""
        for key, row in sorted(self._table.rows.items()):
            wakes = [Wake(destination=NAME, key=key, version=one) for one in row.dirty.values()]
            self.queue.waiting += [self.queue.message(one) for one in wakes]

    def _note(self, key: str, before: Row | None, after: Row) -> None:
        self._watch.note(after)
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

        return (lambda: wake(batch, self.queue, destinations=(NAME,))), end  # type: ignore[arg-type]

    def _deliver(self, taken: list[Message]) -> Any:
        self._in_flight += 1
        batch = [msgspec.structs.replace(one, receives=one.receives + 1) for one in taken]
        self.queue.waiting = [one for one in self.queue.waiting if one not in taken]

        def end(report: Report | None) -> None:
            self._in_flight -= 1
            for one in batch:
                is_kept = report is None or one.message_id in report.keep
                if is_kept or self._dice.random() < 0.05:  # at least once
                    self.queue.waiting.append(one)

        return (lambda: deliver(batch, CHANNEL, self._ports)), end
