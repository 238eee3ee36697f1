import json

import pytest

from millrace.events import FailedEvent
from millrace.failed.ports import ReplayDoors
from millrace.failed.task import Job, Task
from millrace.intake.normalise import Arrival
from millrace.intake.sorting import read_item, sort_items
from tests.fakes.clock import MemoryClock
from tests.fakes.failed_event_store import MemoryFailedEventStore
from tests.fakes.kinesis import MemorySink
from tests.fakes.replay_journal import MemoryReplayJournal
from tests.fakes.vault import MemoryVault

RECEIVED_AT = 1_780_000_000_000


def refused(*items, **arrival) -> list[FailedEvent]:
    """What intake keeps of items that it cannot use."""
    defaults = {"source": "website", "received_at": RECEIVED_AT, "request_id": "r1"}
    raw = [item if isinstance(item, bytes) else json.dumps(item).encode() for item in items]
    outcome = sort_items([read_item(each) for each in raw], Arrival(**{**defaults, **arrival}))
    assert outcome.events == []
    return outcome.failed


JOB = Job(id="20260528T204000Z-0f3c9a71", by="arn:aws:sts::1:assumed-role/ops/kim", at=RECEIVED_AT)


def task(**more) -> Task:
    """What one job asks for."""
    return Task(job=JOB, **more)


class Counts(dict):
    def count(self, name, amount=1):
        self[name] = self.get(name, 0) + amount


class Scene:
    """A store with failed events, and everything a replay of them touches."""

    def __init__(self, failed):
        self.store = MemoryFailedEventStore(failed)
        self.journal = MemoryReplayJournal()
        self.sink = MemorySink()
        self.counts = Counts()
        self.slept = []
        self.doors = ReplayDoors(
            store=self.store,
            journal=self.journal,
            sink=self.sink,
            vault=MemoryVault(),
            clock=MemoryClock(RECEIVED_AT + 5),
            sleep=self.slept.append,
        )

    @property
    def keys(self):
        return list(self.store.failed)


@pytest.fixture
def scene():
    return Scene
