from __future__ import annotations

import json

import pytest

from local.clock import LocalClock
from local.cloud import ENVIRONMENT, Cloud, moto_running, only_environment
from local.mapping import MappingPlan
from local.queue_pump import QueuePump


class Queue:
    def __init__(self, clock, receives=3):
        self.cloud = Cloud()
        self.sqs = self.cloud.client("sqs")
        self.clock = clock
        self.dead = self.sqs.create_queue(QueueName="dead")["QueueUrl"]
        redrive = {
            "deadLetterTargetArn": "arn:aws:sqs:us-east-1:123456789012:dead",
            "maxReceiveCount": receives,
        }
        attributes = {"VisibilityTimeout": "180", "RedrivePolicy": json.dumps(redrive)}
        self.url = self.sqs.create_queue(QueueName="wakes", Attributes=attributes)["QueueUrl"]
        self.calls = []

    def send(self, *bodies):
        for body in bodies:
            self.sqs.send_message(QueueUrl=self.url, MessageBody=body)

    def pump(self, answer, **more):
        def invoke(event):
            self.calls.append([record["body"] for record in event["Records"]])
            return answer(event["Records"])

        arn = "arn:aws:sqs:us-east-1:123456789012:wakes"
        plan = MappingPlan(
            id="m", function_name="f", source_arn=arn, **{"is_partial": True, **more}
        )
        return QueuePump(plan, self.cloud, invoke, self.clock)

    def settle(self, pump):
        while pump.run(is_flushing=True):
            assert len(self.calls) < 100, "it never ends"

    def dead_letters(self):
        found = self.sqs.receive_message(QueueUrl=self.dead, MaxNumberOfMessages=10)
        return [message["Body"] for message in found.get("Messages", [])]


@pytest.fixture
def queue():
    clock = LocalClock(1_000_000)
    with only_environment(ENVIRONMENT), moto_running(clock, 7):
        yield Queue(clock)


def reporting(*bodies):
    def answer(records):
        failed = [record["messageId"] for record in records if record["body"] in bodies]
        return {"batchItemFailures": [{"itemIdentifier": name} for name in failed]}

    return answer


def test_only_the_reported_messages_come_again_and_end_in_the_dead_letter_queue(queue):
    queue.send("a", "b", "c")
    pump = queue.pump(reporting("b"))
    queue.settle(pump)
    assert queue.calls == [["a", "b", "c"], ["b"], ["b"]]
    assert queue.dead_letters() == ["b"]
    assert pump.in_flight() == 0


def test_a_raised_error_brings_the_whole_batch_again(queue):
    queue.send("a", "b")
    tries = iter([ValueError("no"), None])

    def answer(_):
        if error := next(tries):
            raise error

    queue.settle(queue.pump(answer))
    assert queue.calls == [["a", "b"], ["a", "b"]]


@pytest.mark.parametrize("name", ["", None, "unknown"])
def test_an_answer_that_names_nothing_keeps_every_message(queue, name):
    queue.send("a")
    tries = iter([{"batchItemFailures": [{"itemIdentifier": name}]}, None])
    queue.settle(queue.pump(lambda _: next(tries)))
    assert queue.calls == [["a"], ["a"]]


def test_failed_messages_wait_for_at_most_a_second_of_the_wall(queue):
    queue.send("a")
    pump = queue.pump(reporting("a"))
    pump.run(is_flushing=False)
    assert pump.run(is_flushing=False) is False
    assert 0 < pump.wait_seconds() <= 1


def test_messages_wait_for_the_window_unless_the_batch_is_full(queue):
    queue.send("a", "b", "c")
    pump = queue.pump(reporting(), batch_size=4, window_seconds=5)
    assert pump.run(is_flushing=False) is False
    queue.clock.advance(5)
    assert pump.run(is_flushing=False) is True
    queue.send("d", "e", "f", "g", "h")
    assert pump.run(is_flushing=False) is True
    assert queue.calls == [["a", "b", "c"], ["d", "e", "f", "g"]]


def test_a_record_has_the_shape_that_lambda_gives_it(queue):
    queue.send("a")
    seen = []
    queue.settle(queue.pump(seen.extend))
    assert seen[0]["eventSource"] == "aws:sqs"
    assert seen[0]["attributes"]["ApproximateReceiveCount"] == "1"
    assert seen[0]["attributes"]["SentTimestamp"] == "1000000"
