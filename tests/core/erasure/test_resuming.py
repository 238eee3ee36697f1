"""An erasure that nobody works on goes on by itself; one that somebody works on is let alone."""

from __future__ import annotations

import pytest

from millrace.clock import HOUR_MS
from millrace.erasure.resuming import Resumed, resume
from millrace.erasure.waking import run_all
from millrace.errors import NeedsHuman, RetryLater
from tests.core.erasure.stage import Stage
from tests.fakes.messages import MemoryQueue

MINUTE = 60_000


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_an_erasure_whose_message_was_lost_is_finished_by_the_hourly_look_alone(
    stage: Stage,
) -> None:
    name, queue = stage.request(), MemoryQueue()
    stage.world.clock.advance(HOUR_MS)
    assert resume(stage.erasures, queue, stage.world.clock).woken == 1
    while queue.sent:
        body, delay = queue.sent.pop(0)
        stage.world.clock.advance(delay * 1000)
        assert run_all({"m": body}, stage.erasing, queue, lambda error: None) == []
    assert stage.erasures.kept[name].is_done
    stage.world.clock.advance(HOUR_MS)
    assert resume(stage.erasures, queue, stage.world.clock) == Resumed(open=0, woken=0, oldest_ms=0)


def test_after_a_first_pass_whose_second_message_was_lost_it_goes_on_too(stage: Stage) -> None:
    name, queue = stage.request(), MemoryQueue()
    run_all({"m": name}, stage.erasing, queue, lambda error: None)
    assert queue.sent == [(f"{name} late", 900)]
    queue.sent.clear()
    stage.world.clock.advance(30 * MINUTE)
    assert resume(stage.erasures, queue, stage.world.clock).woken == 0
    stage.world.clock.advance(30 * MINUTE)
    found = resume(stage.erasures, queue, stage.world.clock)
    assert (found.open, found.woken, found.oldest_ms) == (1, 1, HOUR_MS)
    run_all({"m": queue.sent.pop()[0]}, stage.erasing, queue, lambda error: None)
    run_all({"m": queue.sent.pop()[0]}, stage.erasing, queue, lambda error: None)
    assert stage.erasures.kept[name].is_done


def test_no_message_is_added_while_one_is_tried_again_and_again(stage: Stage) -> None:
    stage.destinations.late["klaviyo"] = NeedsHuman("forget_refused", "the key has no such right")
    name, queue, told = stage.request(), MemoryQueue(), []
    for _ in range(100):
        assert run_all({"m": name}, stage.erasing, queue, told.append) == ["m"]
        stage.world.clock.advance(15 * MINUTE)
        assert resume(stage.erasures, queue, stage.world.clock).woken == 0
    assert queue.sent == []
    assert {error.code for error in told} == {"forget_refused"}
    assert stage.erasures.kept[name].waits_for == (
        "forget_refused: klaviyo: the key has no such right"
    )
    stage.world.clock.advance(HOUR_MS)  # the message had its last attempt
    assert resume(stage.erasures, queue, stage.world.clock).woken == 1


def test_what_it_waited_for_is_forgotten_once_it_went_on(stage: Stage) -> None:
    stage.destinations.late["klaviyo"] = RetryLater("forget_later", "429")
    name = stage.request()
    with pytest.raises(RetryLater):
        stage.erasing.run(name)
    assert stage.erasures.kept[name].waits_for == "forget_later: klaviyo: 429"
    stage.destinations.late.clear()
    stage.erasing.run(name)
    assert stage.erasures.kept[name].waits_for == ""


def test_a_queue_that_does_not_answer_leaves_it_to_the_next_hour(stage: Stage) -> None:
    stage.request()
    queue = MemoryQueue(is_failing=True)
    stage.world.clock.advance(HOUR_MS)
    with pytest.raises(RetryLater, match="queue_unavailable"):
        resume(stage.erasures, queue, stage.world.clock)
    queue.is_failing = False
    assert resume(stage.erasures, queue, stage.world.clock).woken == 1
