"""Three hours without the profiles table, on a clock that is moved: us-east-1, 2025-10-20."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection

import pytest

from millrace.events import Event, open_envelope
from millrace.profiles.drafting import ProfileRules
from millrace.profiles.update import UpdateProfiles
from tests.core.intake.conftest import Intake
from tests.core.profiles.stories import PRIORITIES
from tests.fakes.failed_events import MemoryFailedEvents
from tests.simulation.conditions import Calm
from tests.simulation.oracle import Verdict, compare, folded_in_one_go
from tests.simulation.stream import Attempt, Lane, Stream
from tests.simulation.table import Table

MINUTE = 60_000
OUTAGE = range(60 * MINUTE, 240 * MINUTE)
END = 300 * MINUTE
TICK = 10_000
RETRIES = 50
MAX_WAIT = 60_000
REDRIVE_EVERY = 15 * MINUTE
BATCH = 200


class Down(Calm):
    """No answer while the outage lasts."""

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self.refused = 0

    def before(self, call: str, items: Collection[str]) -> str:
        if self._now() not in OUTAGE:
            return ""
        self.refused += 1
        return "timeout_before"


class Pipeline:
    """Intake's one public entry, the stream, its mapping with its waits, and the redrive."""

    def __init__(self) -> None:
        self.intake = Intake()
        self.start = self.intake.clock.now_ms()
        self.down = Down(self.now)
        self.table = Table(self.down)
        self.stream = Stream()
        self.rules = ProfileRules(priorities=PRIORITIES)
        self.updating = UpdateProfiles(
            store=self.table,
            vault=self.intake.vault,
            subjects=self.table.subjects,
            failed_events=MemoryFailedEvents(),
            clock=self.intake.clock,
            rules=self.rules,
        )
        self.accepted: list[Event] = []
        self.applied = self.duplicate = self.detoured = 0
        self.drained_at = 0
        self.parked: deque[Attempt] = deque()
        self._due: dict[int, int] = {}

    def now(self) -> int:
        return self.intake.clock.now_ms() - self.start

    def send(self, number: int) -> None:
        person = number % 97
        item = {
            "messageId": f"m{number}",
            "anonymousId": f"a{person}",
            "event": "Product Viewed",
            "traits": {},
        }
        call = "track"
        if number % 31 == 0:
            call, item = "identify", {**item, "userId": f"u{person}", "traits": {"n": number}}
        assert self.intake.post(call, item).status == 200
        for record in self.intake.sink.records:
            events = open_envelope(record.data, self.intake.vault).events
            self.accepted += events
            self.stream.put(record.partition_key, record.data, self.now(), len(events))
        self.intake.sink.records.clear()

    def poll(self) -> None:
        for lane in self.stream.lanes():
            while lane.is_ready() and self._due.get(id(lane), 0) <= self.now():
                self._invoke(lane, lane.take(BATCH))

    def redrive(self) -> None:
        """Play the on-failure objects again; what fails stays one."""
        for _ in range(len(self.parked)):
            attempt = self.parked.popleft()
            if rest := self._update(attempt):
                self.parked.append(rest)

    def _invoke(self, lane: Lane, attempt: Attempt) -> None:
        rest = self._update(attempt)
        if rest is None:
            return
        self._due[id(lane)] = self.now() + min(MAX_WAIT, 1000 << min(rest.tries, 6))
        if rest.tries < RETRIES:
            lane.come_again(rest, bisects=False)
        else:
            self.detoured += len(rest.records)
            self.parked.append(rest)

    def _update(self, attempt: Attempt) -> Attempt | None:
        outcome = self.updating.update(attempt.records)
        self.applied += outcome.applied
        self.duplicate += outcome.duplicate
        if not outcome.retry:
            return None
        rest = [one for one in attempt.records if one.sequence_number >= outcome.retry[0]]
        return Attempt(records=rest, tries=attempt.tries)


def test_three_hours_without_the_store_lose_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    pipeline = Pipeline()
    for tick in range(0, END, TICK):
        pipeline.intake.clock.set(pipeline.start + tick)
        for number in range(3):
            pipeline.send(3 * (tick // TICK) + number)
        pipeline.poll()
        if tick % REDRIVE_EVERY == 5 * MINUTE:
            pipeline.redrive()
        backlog = sum(map(len, pipeline.stream.lanes())) + len(pipeline.parked)
        if tick >= OUTAGE.stop and not backlog and not pipeline.drained_at:
            pipeline.drained_at = tick
    assert pipeline.down.refused > 1000
    assert pipeline.detoured > 0
    assert not pipeline.parked
    assert 0 < pipeline.drained_at < OUTAGE.stop + len(OUTAGE) // 4
    received = len(pipeline.accepted)
    assert received == 3 * END // TICK == pipeline.intake.counts["EventsReceived"]
    assert (pipeline.applied, pipeline.duplicate) == (received, 0)
    verdict, vault = Verdict(), pipeline.intake.vault
    expected = folded_in_one_go(pipeline.accepted, pipeline.rules, vault)
    compare(verdict, pipeline.table, expected, pipeline.accepted, pipeline.rules, received, vault)
    assert verdict.is_clean, verdict
    minutes = (pipeline.drained_at - OUTAGE.stop) // MINUTE
    with capsys.disabled():
        print(  # noqa: T201
            f"\noutage of 3 h: {received} events accepted, {pipeline.down.refused} calls refused, "
            f"{pipeline.detoured} records redriven, drained after {minutes} min, 0 lost"
        )
