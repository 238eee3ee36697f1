"""One contract for queues of wakes and their fake; then what only SQS can do wrong."""

from __future__ import annotations

import json

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from millrace.activation import Wake
from millrace.adapters.queues import SqsQueues
from tests.fakes.queues import MemoryQueues


def wakes(count: int, destination: str = "klaviyo") -> list[Wake]:
    return [
        Wake(destination=destination, key=f"i#user_id#{n}", version=n + 1) for n in range(count)
    ]


def received(sqs, url) -> list[dict]:
    found = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found += messages
    return found


@pytest.fixture
def sqs():
    with mock_aws():
        yield boto3.client("sqs", region_name="us-east-1")


@pytest.fixture
def urls(sqs):
    return {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("klaviyo", "webhook")}


@pytest.fixture(params=["memory", "moto"])
def queues(request):
    """The queues, and what is in them."""
    if request.param == "memory":
        fake = MemoryQueues()
        return fake, lambda: list(fake.sent)
    sqs, urls = request.getfixturevalue("sqs"), request.getfixturevalue("urls")

    def inside():
        bodies = [m["Body"] for url in urls.values() for m in received(sqs, url)]
        return [Wake(**json.loads(body)) for body in bodies]

    return SqsQueues(urls=urls, sqs=sqs), inside


@pytest.mark.parametrize("count", [0, 1, 10, 23])
def test_every_wake_is_sent_once(queues, count):
    ports, inside = queues
    sent = wakes(count) + wakes(count, "webhook")
    assert ports.send(sent) == []
    assert sorted(map(repr, inside())) == sorted(map(repr, sent))


def test_wakes_go_to_the_queue_of_their_destination(sqs, urls):
    SqsQueues(urls=urls, sqs=sqs).send([*wakes(1), *wakes(2, "webhook")])
    assert len(received(sqs, urls["klaviyo"])) == 1
    assert len(received(sqs, urls["webhook"])) == 2


def test_a_deferred_message_is_hidden_for_as_long_as_asked(sqs, urls):
    queues = SqsQueues(urls=urls, sqs=sqs)
    queues.send(wakes(12))
    messages = received(sqs, urls["klaviyo"])
    queues.defer("klaviyo", {m["ReceiptHandle"]: 0 for m in messages[:11]})
    assert {m["MessageId"] for m in received(sqs, urls["klaviyo"])} == {
        m["MessageId"] for m in messages[:11]
    }


class Fussy:
    """An SQS client that refuses the entries at some positions of its first calls."""

    def __init__(self, *refused: tuple[int, ...], error: Exception | None = None):
        self._refused = list(refused)
        self._error = error
        self.calls: list[list[str]] = []

    def send_message_batch(self, QueueUrl, Entries):  # noqa: N803
        if self._error:
            raise self._error
        self.calls.append([json.loads(entry["MessageBody"])["key"] for entry in Entries])
        refused = self._refused.pop(0) if self._refused else ()
        return {"Failed": [{"Id": Entries[n]["Id"]} for n in refused]}


def test_only_what_was_refused_is_sent_again():
    client = Fussy((1, 3))
    assert SqsQueues(urls={"klaviyo": "u"}, sqs=client).send(wakes(5)) == []
    assert client.calls[1] == ["i#user_id#1", "i#user_id#3"]


def test_what_stays_refused_comes_back_to_the_caller():
    client = Fussy((0,), (0,), (0,))
    unsent = SqsQueues(urls={"klaviyo": "u"}, sqs=client).send(wakes(3))
    assert unsent == wakes(3)[:1]
    assert [len(call) for call in client.calls] == [3, 1, 1]


def test_without_an_answer_all_wakes_come_back():
    error = ClientError({"Error": {"Code": "ServiceUnavailable"}}, "SendMessageBatch")
    client = Fussy(error=error)
    assert SqsQueues(urls={"klaviyo": "u"}, sqs=client).send(wakes(12)) == wakes(12)


def test_a_message_that_cannot_be_deferred_does_not_stop_the_others(sqs, urls):
    queues = SqsQueues(urls=urls, sqs=sqs)
    queues.send(wakes(1))
    (message,) = received(sqs, urls["klaviyo"])
    queues.defer("klaviyo", {"no such handle": 5, message["ReceiptHandle"]: 0})
    assert len(received(sqs, urls["klaviyo"])) == 1
