from __future__ import annotations

import threading

import pytest

from local.clock import LocalClock
from local.mapping import Item, MappingPlan
from local.pumps import Pumps
from local.stream_pump import StreamPump

PLAN = MappingPlan(id="m", function_name="f", source_arn="arn:aws:kinesis:r:1:stream/s")


class Source:
    """A stream that records are put into, and a handler that says when it saw one."""

    def __init__(self, failures=0):
        self.waiting, self.seen, self.failures = [], threading.Event(), failures
        pump = StreamPump(PLAN, self.feed, self.invoke, self.give_up, LocalClock())
        self.pumps = Pumps({"s -> f": pump})

    def put(self, name):
        self.waiting.append(("shard", [Item(name, {"id": name}, 0, 1)]))

    def feed(self):
        while self.waiting:
            yield self.waiting.pop()

    def invoke(self, event):
        if self.failures:
            self.failures -= 1
            raise RuntimeError
        self.seen.set()

    def give_up(self, *_):
        pytest.fail("nothing is to be given up")


@pytest.fixture
def stop():
    started = []
    yield started.append
    for pumps in started:
        pumps.stop()


def test_the_background_sleeps_until_something_is_noticed_and_tries_again_by_itself(stop):
    source = Source(failures=2)
    source.pumps.start()
    stop(source.pumps)
    assert not source.seen.wait(0.1)
    source.put("a")
    source.pumps.notice()
    assert source.seen.wait(10)
    assert source.pumps.settle() == {}


def test_settle_tells_what_is_left_when_time_is_up():
    source = Source(failures=10**9)
    source.put("a")
    assert source.pumps.settle(until=0) == {"s -> f": 1}


def test_settle_ends_when_nothing_is_left():
    source = Source(failures=3)
    source.put("a")
    assert source.pumps.settle() == {}
    assert source.seen.is_set()
