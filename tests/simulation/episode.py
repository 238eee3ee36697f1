"""One seeded life of a small shop: clients, a stream, its mapping, the profiles, a pusher."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import msgspec

from millrace.activation.forget import ASK_AGAIN_AFTER_MS
from millrace.clock import ENDLESS
from millrace.errors import RetryLater
from millrace.events import Envelope, Event, seal_envelope
from millrace.profiles import seen
from millrace.profiles.drafting import ProfileRules
from millrace.profiles.encoding import open_person, unseal
from millrace.profiles.keyring import Keyring
from millrace.profiles.ports import Conflict
from millrace.profiles.reading import read_profiles
from millrace.profiles.update import Outcome, UpdateProfiles
from millrace.settings import ConsentSettings
from tests.core.profiles.stories import NOON, PRIORITIES
from tests.fakes.clock import MemoryClock
from tests.simulation.conditions import Crash
from tests.simulation.erasing import Offices
from tests.simulation.esp import NAME, Esp, Watch, refuses, told
from tests.simulation.faults import Chaos, KeptEvents, ShortOfTime
from tests.simulation.office import Office
from tests.simulation.oracle import Verdict, compare, folded_in_one_go, opening
from tests.simulation.privacy_oracle import ASKING, what_stands
from tests.simulation.pusher import Pusher
from tests.simulation.shop import HOUR, Request, Shop
from tests.simulation.stream import Attempt, Lane, Stream
from tests.simulation.table import Table
from tests.simulation.turns import Task, Turns
from tests.simulation.vault import PlainVault

SMALL_RING = 8
"""Ids that a stem keeps at hand here, so that every busy customer spills."""
CALM_STEPS = 20_000
"""Steps without new faults in which everything has to be settled; else a lane is blocked."""


class Running(msgspec.Struct, kw_only=True, eq=False):
    """One invocation that began and has not ended."""

    task: Task
    lane: Lane | None = None
    """None for the pusher, and for a sandbox whose batch went to another one."""
    attempt: Attempt | None = None
    then: Callable[[Any], None] = lambda result: None
    """What the pusher does with the result; None for a crash or an exception."""


class Ledger(msgspec.Struct, kw_only=True):
    """Where the received events ended; only what the stream was told is counted."""

    received: int = 0
    applied: int = 0
    duplicate: int = 0
    failed: int = 0
    parked: int = 0
    blocked: int = 0
    erased: int = 0

    def add(self, outcome: Outcome) -> None:
        self.applied += outcome.applied
        self.duplicate += outcome.duplicate
        self.failed += outcome.failed
        self.blocked += outcome.blocked
        self.erased += outcome.erased

    @property
    def imbalance(self) -> int:
        placed = self.applied + self.duplicate + self.failed + self.blocked + self.erased
        return self.received - placed - self.parked


class Episode:
    """Everything of one seed. `play` runs it to the end and judges it."""

    def __init__(self, seed: int, rate: float | None = None) -> None:
        self.dice = random.Random(seed)
        dice = self.dice
        self.turns = Turns()
        self.clock = MemoryClock(NOON + 4 * HOUR)
        self.chaos = Chaos(
            self.turns, dice, self.clock, dice.choice((0.1, 0.25, 0.4)) if rate is None else rate
        )
        self.shop = Shop(dice)
        self.stream = Stream()
        self.table = Table(self.chaos)
        self.watch = Watch(self.chaos, self.turns, self.table)
        self.table.conditions = self.watch
        self.vault = PlainVault()
        self.esp = Esp(self.watch, self.watch, self.vault)
        self.offices = Offices(self.clock, self.esp)
        self.failed = KeptEvents(self.chaos)
        self.rules = ProfileRules(
            priorities=PRIORITIES,
            destinations=(NAME,),
            limits=self.shop.limits,
            consent=ASKING if self.shop.is_private else ConsentSettings(),
        )
        self.updating = UpdateProfiles(
            store=self.table,
            vault=self.vault,
            subjects=self.table.subjects,
            failed_events=self.failed,
            clock=self.clock,
            rules=self.rules,
        )
        self.ledger = Ledger()
        self.accepted: list[Event] = []
        self.poison: set[bytes] = set()
        self.pusher = Pusher(self.chaos, self.table, self.offices, self.watch, dice)
        self.office = Office(self.offices, self.table, self.vault, self.watch, dice)
        self.events = 0
        self.redrive = Lane()
        self.surprises: dict[str, None] = {}
        self._running: list[Running] = []
        self._sent: list[Request] = []
        self._requests = dice.randint(20, 90)
        self._retries = dice.choice((2, 5, 50))
        self._batch = dice.choice((1, 4, 12))
        self._largest = 0
        self.resends_move = dice.random() < 0.5 and not self.shop.is_private

    def play(self, mutation: AbstractContextManager[object] | None = None) -> Verdict:
        """What is wrong in the end. `mutation` holds for the handlers, not for their judge."""
        verdict = Verdict()
        with _small_rings(), self._closing():
            with mutation or nullcontext():
                self._live(verdict)
            self._judge(verdict)
        return verdict

    def _live(self, verdict: Verdict) -> None:
        self.vault.before = self.chaos.before_vault
        while self._requests or self._has_work():
            if not self._requests and self.dice.random() < 0.01:
                break
            self._step()
        self.chaos.rate = 0.0
        self._settle(verdict)
        self.vault.before = lambda _: None
        self.chaos.frozen.clear()

    def digest(self) -> str:
        """The same for the same seed, on any machine."""
        rows = msgspec.json.encode([self.table.rows[key] for key in sorted(self.table.rows)])
        return hashlib.blake2b(rows, digest_size=8).hexdigest()

    def _has_work(self) -> bool:
        return bool(
            self._running
            or self.chaos.delayed
            or any(map(len, self._lanes()))
            or self.pusher.has_work()
            or self.office.has_work()
        )

    def _settle(self, verdict: Verdict) -> None:
        for _ in range(CALM_STEPS):
            if not self._has_work():
                return
            self._step()
        lanes = [lane for lane in self._lanes() if len(lane) or lane.is_busy]
        verdict.blocked += len(lanes) or 1

    # -- one step of the world ---------------------------------------------------------------

    def _step(self) -> None:
        draw = self.dice.random()
        self.clock.advance(self.dice.randint(0, 20))
        if draw < 0.12:
            self._request()
        elif draw < 0.15 and self.chaos.delayed:
            self._do_late()
        elif draw < 0.16 and self.chaos.rate and self.stream.open_shards < 6:
            if self.chaos.strikes("shard_split", 0.15):
                self.stream.split(self.dice.randrange(6))
        elif draw < 0.22:
            self._push()
        elif draw < 0.24 and self.shop.is_private:
            self._erase()
        elif draw < 0.42 and len(self._running) < 8:
            self._invoke()
        else:
            self._go_on()

    def _request(self) -> None:
        if not self._requests:
            return
        is_quiet = not any(len(lane) or lane.is_busy for lane in self._lanes())
        if self.shop.is_private:
            self.shop.follow(self.clock.now_ms())
        requests = self.shop.requests(is_quiet=is_quiet)
        if not requests:
            return
        self._requests -= 1
        if self.shop.is_private:
            self.clock.advance(self.dice.randint(1, 4000))
            requests = [self._received(request) for request in requests]
        if self.dice.random() < 0.02:
            self._put_poison()
        self._sent += requests
        for request in requests:
            self._put(request)
        while self.chaos.strikes("resend", self.chaos.rate / 2):
            again = self.dice.choice(self._sent)
            self._put(self.shop.resent(again) if self.resends_move else again)

    def _received(self, request: Request) -> Request:
        """The request as it arrives by the clock that erasures go by."""
        now = self.clock.now_ms()
        return Request(
            events=tuple(msgspec.structs.replace(one, received_at=now) for one in request.events)
        )

    def _lanes(self) -> list[Lane]:
        return [*self.stream.lanes(), self.redrive]

    def _put(self, request: Request) -> None:
        data = seal_envelope(Envelope(events=request.events), self.vault)
        anchor = request.events[0].anchor
        key = self.vault.token(anchor.kind, anchor.value)
        if self.chaos.strikes("reorder", self.chaos.rate / 4):
            key = str(self.dice.random())  # a redrive or another shard: no order per key
        self.stream.put(key, data, self.clock.now_ms(), len(request.events))
        self.accepted += request.events
        self.events += len(request.events)
        self.ledger.received += len(request.events)

    def _put_poison(self) -> None:
        data = self.dice.randbytes(12)
        self.poison.add(data)
        self.stream.put(str(self.dice.random()), data, self.clock.now_ms(), 1)
        self.ledger.received += 1

    def _do_late(self) -> None:
        effect = self.chaos.delayed.pop(self.dice.randrange(len(self.chaos.delayed)))
        try:
            effect()
        except Conflict:
            return  # nobody is there to be told

    def _invoke(self) -> None:
        lanes = [lane for lane in self._lanes() if lane.is_ready()]
        if not lanes or self.chaos.strikes("invocation_throttled", self.chaos.rate / 4):
            return
        lane = self.dice.choice(lanes)
        attempt = lane.take(self._batch)
        lane.is_busy = True
        self._largest = max(self._largest, sum(one.events for one in attempt.records))
        is_short = self.chaos.strikes("short_of_time", self.chaos.rate / 4)
        deadline = ShortOfTime(self.dice.randrange(4)) if is_short else ENDLESS
        task = self.turns.start(lambda: self.updating.update(attempt.records, deadline))
        self._running.append(Running(task=task, lane=lane, attempt=attempt))

    def _push(self) -> None:
        """Wake or deliver, whatever the table's stream or the queue has."""
        work = self.pusher.next_work() if len(self._running) < 8 else None
        if work is not None:
            self._running.append(Running(task=self.turns.start(work[0]), then=work[1]))

    def _erase(self) -> None:
        """Somebody asks to be erased, or one of those who asked is; or the wait for that ends."""
        if self._requests and self.dice.random() < 0.1:
            self.office.ask(*self.shop.somebody())
        elif self.office.is_waiting and not self._running and not self.chaos.delayed:
            self.clock.advance(ASK_AGAIN_AFTER_MS)
        elif len(self._running) < 8 and (work := self.office.next_work()):
            self._running.append(Running(task=self.turns.start(work[0]), then=work[1]))

    def _go_on(self) -> None:
        if not self._running:
            return
        running = self.dice.choice(self._running)
        if running.task in self.chaos.frozen and self.dice.random() < 0.8 and self.chaos.rate:
            return
        self.turns.resume(running.task)
        if running.task.is_done:
            self._running.remove(running)
            self._end(running)
        elif running.task in self.chaos.frozen and running.lane is not None:
            self._fail(running)  # its time is over; the sandbox does not know yet

    # -- what the event source mapping does with an invocation's end ---------------------------

    def _end(self, running: Running) -> None:
        self.chaos.frozen.discard(running.task)
        error = running.task.error
        if error is not None and not isinstance(error, Crash | RetryLater):
            self.surprises[f"{type(error).__name__}: {error}"] = None
        running.then(running.task.result)
        if running.lane is None:
            return
        if error is not None or self.chaos.strikes("answer_lost", self.chaos.rate / 4):
            self._fail(running)
            return
        self._acknowledge(running, running.task.result)

    def _acknowledge(self, running: Running, outcome: Outcome) -> None:
        lane, attempt = running.lane, running.attempt
        assert lane is not None
        assert attempt is not None
        lane.is_busy = False
        self.ledger.add(outcome)
        if not outcome.retry:
            return
        first = min(outcome.retry)
        rest = [one for one in attempt.records if one.sequence_number >= first]
        self._try_again(lane, Attempt(records=rest, tries=attempt.tries), bisects=False)

    def _fail(self, running: Running) -> None:
        lane, attempt = running.lane, running.attempt
        running.lane = None
        assert lane is not None
        assert attempt is not None
        lane.is_busy = False
        self._try_again(lane, attempt, bisects=True)

    def _try_again(self, lane: Lane, attempt: Attempt, *, bisects: bool) -> None:
        if lane is self.redrive or attempt.tries < self._retries:
            lane.come_again(attempt, bisects=bisects)
        else:  # the on-failure object; a redrive plays it again
            self.redrive.retries.append(Attempt(records=attempt.records))

    # -- the end --------------------------------------------------------------------------------

    def _judge(self, verdict: Verdict) -> None:
        left = [one for attempt in self.redrive.retries for one in attempt.records]
        self.ledger.parked = sum(one.events for one in left)
        verdict.imbalance += abs(self.ledger.imbalance)
        verdict.complaints += self.surprises
        distinct = len({(one.source, one.message_id) for one in self.accepted})
        if self.ledger.applied > distinct:
            verdict.complain(f"{self.ledger.applied} applied, but only {distinct} events came")
        kept = {one.payload for one in self.failed.kept.values()}
        if kept != self.poison:
            verdict.complain(f"{len(kept)} failed events kept of {len(self.poison)} poisonous")
        verdict.complaints += self.watch.complaints
        standing = self.accepted
        if self.shop.is_private:
            standing = what_stands(verdict, self.accepted, self.table, self.rules)
            self.office.judge(verdict)
        expected = folded_in_one_go(standing, self.rules)
        compare(verdict, self.table, expected, standing, self.rules, self._largest)
        self._judge_told(verdict)

    def _judge_told(self, verdict: Verdict) -> None:
        keyring = Keyring(self.table.keys.read)
        roots = [key for key, row in self.table.rows.items() if not row.to]
        profiles = read_profiles(self.table, sorted(roots), opening(self.table, self.rules))
        for key, profile in profiles.items():
            knows = self.esp.knows.get(profile.profile_id)
            if refuses(open_person(unseal(self.table.rows[key], self.vault), keyring)):
                if knows is not None and "left" not in knows:
                    verdict.complain(f"{key} refused, and is still known to the destination")
            elif knows != msgspec.json.decode(msgspec.json.encode(told(profile, {}))):
                verdict.complain(f"{key}: the destination was told something else")
        marked = [key for key, row in self.table.rows.items() if row.dirty]
        verdict.complaints += [f"{key} is still marked for the destination" for key in marked]

    @contextmanager
    def _closing(self) -> Iterator[None]:
        try:
            yield
        finally:
            for running in self._running:
                self.turns.kill(running.task)


@contextmanager
def _small_rings() -> Iterator[None]:
    before = seen.RING_IDS
    seen.RING_IDS = SMALL_RING
    try:
        yield
    finally:
        seen.RING_IDS = before
