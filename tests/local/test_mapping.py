"""Event source mappings on streams, against AWS's page services-kinesis-batchfailurereporting."""

from __future__ import annotations

import pytest

from local.clock import LocalClock
from local.intrinsics import TemplateError
from local.mapping import Attempt, Failure, Item, MappingPlan, after, lowest_failed, mapping_plan
from local.stream_pump import StreamPump

ARN = "arn:aws:kinesis:us-east-1:1:stream/events"


def plan(**more):
    return MappingPlan(
        id="m", function_name="f", source_arn=ARN, **{"batch_size": 100, "is_partial": True, **more}
    )


def items(names, key="k", arrived_ms=0):
    return tuple(Item(name, {"id": name, "key": key}, arrived_ms, 10) for name in names)


class Player:
    """A pump over one shard with a scripted handler; what it saw, and what was given up."""

    def __init__(self, plan, names, answer, clock=None):
        self.calls, self.given_up = [], []
        self.answer = answer
        self.clock = clock or LocalClock(0)
        fresh = [("shard", list(items(names)))]

        def feed():
            while fresh:
                yield fresh.pop()

        self.fresh = fresh
        self.pump = StreamPump(plan, feed, self.invoke, self.give_up, self.clock)

    def invoke(self, event):
        batch = [record["id"] for record in event["Records"]]
        self.calls.append("".join(batch))
        return self.answer(batch)

    def give_up(self, plan, shard, items, why):
        self.given_up.append(("".join(item.id for item in items), why))

    def run(self):
        while self.pump.run(is_flushing=True):
            assert len(self.calls) < 1000, "it never ends"
        return self


def failures(*names):
    return {"batchItemFailures": [{"itemIdentifier": name} for name in names]}


@pytest.mark.parametrize(
    "response", [None, {}, {"batchItemFailures": []}, {"batchItemFailures": None}, "", []]
)
def test_an_empty_answer_is_success(response):
    assert lowest_failed(items("abc"), response) is None


@pytest.mark.parametrize(
    "response",
    [
        failures(""),
        failures(None),
        {"batchItemFailures": [{"itemIdentifer": "a"}]},
        {"batchItemFailures": ["a"]},
        failures("z"),
    ],
)
def test_an_answer_that_names_nothing_is_failure_of_the_whole_batch(response):
    assert isinstance(lowest_failed(items("abc"), response), Failure)


def test_the_lowest_reported_number_is_the_checkpoint_in_whatever_order_it_is_reported():
    assert lowest_failed(items("abcde"), failures("d", "b", "e")) == 1


def test_everything_from_the_checkpoint_comes_again_also_what_had_succeeded():
    sequel = after(Attempt(items=items("abcde")), 2, plan())
    assert [[item.id for item in attempt.items] for attempt in sequel.retry] == [["c", "d", "e"]]


def test_a_raised_error_splits_in_two_and_does_not_spend_a_retry():
    sequel = after(Attempt(items=items("abcde")), Failure("x"), plan(is_bisecting=True, retries=0))
    assert [("".join(i.id for i in a.items), a.spent) for a in sequel.retry] == [
        ("ab", 0),
        ("cde", 0),
    ]


def test_without_bisecting_a_raised_error_spends_a_retry_of_the_whole_batch():
    player = Player(plan(retries=2), "abc", lambda batch: 1 / 0).run()
    assert player.calls == ["abc"] * 3
    assert player.given_up == [("abc", "RetryAttemptsExhausted")]


def test_one_poison_among_eight_is_isolated_by_bisecting_and_the_others_pass_once_in_order():
    done = []

    def answer(batch):
        if "d" in batch:
            raise RuntimeError
        done.extend(batch)

    player = Player(plan(is_bisecting=True, retries=3), "abcdefgh", answer).run()
    assert "".join(done) == "abcefgh"
    assert player.given_up == [("d", "RetryAttemptsExhausted")]
    assert player.calls.count("d") == 4


def test_a_reported_record_blocks_its_lane_until_it_passes():
    tries = iter([failures("b"), failures("b"), None])
    player = Player(plan(retries=5), "abc", lambda batch: next(tries)).run()
    assert player.calls == ["abc", "bc", "bc"]
    assert player.given_up == []


def test_a_record_reported_for_ever_takes_what_is_behind_it_to_the_destination():
    player = Player(plan(retries=1), "abc", lambda batch: failures("b")).run()
    assert player.calls == ["abc", "bc"]
    assert player.given_up == [("bc", "RetryAttemptsExhausted")]


def test_partial_answers_are_ignored_where_the_mapping_does_not_ask_for_them():
    player = Player(plan(is_partial=False), "abc", lambda batch: failures("b")).run()
    assert player.calls == ["abc"]


def test_what_fails_comes_before_what_is_new():
    tries = iter([failures("b"), None, None])
    player = Player(plan(batch_size=2), "abcd", lambda batch: next(tries)).run()
    assert player.calls == ["ab", "b", "cd"]


def test_a_record_older_than_the_limit_is_given_up_without_being_tried():
    clock = LocalClock(10_000)
    player = Player(plan(max_age_seconds=5), "ab", lambda batch: None, clock).run()
    assert player.calls == []
    assert player.given_up == [("ab", "RecordAgeExceeded")]


def test_a_window_holds_records_back_until_the_clock_has_passed_it():
    player = Player(plan(window_seconds=300), "ab", lambda batch: None)
    assert player.pump.run(is_flushing=False) is False
    assert player.pump.in_flight() == 2
    player.clock.advance(299)
    assert player.pump.run(is_flushing=False) is False
    player.clock.advance(1)
    assert player.pump.run(is_flushing=False) is True
    assert player.calls == ["ab"]


def test_a_full_batch_does_not_wait_for_its_window():
    player = Player(plan(window_seconds=300, batch_size=2), "abc", lambda batch: None)
    player.pump.run(is_flushing=False)
    player.pump.run(is_flushing=False)
    assert player.calls == ["ab"]


def test_a_batch_stays_below_six_megabytes():
    player = Player(plan(), "", lambda batch: None)
    big = [Item(name, {"id": name}, 0, 2_500_000) for name in "abc"]
    player.fresh.append(("shard", big))
    player.run()
    assert player.calls == ["ab", "c"]


def test_a_mapping_property_that_would_be_ignored_is_an_error():
    with pytest.raises(TemplateError, match="FilterCriteria"):
        mapping_plan("m", {"EventSourceArn": ARN, "FunctionName": "f", "FilterCriteria": {}})


def test_a_mapping_is_read_with_the_defaults_of_lambda():
    arn = "arn:aws:lambda:us-east-1:1:function:track"
    found = mapping_plan("m", {"EventSourceArn": ARN, "FunctionName": arn})
    assert (found.function_name, found.batch_size, found.retries) == ("track", 100, -1)
    assert not found.is_bisecting
    assert not found.is_partial
