"""The rungs below the stream on moto, and the fake beside them."""

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from moto import mock_aws

from millrace.adapters.aws import client
from millrace.adapters.overflow import S3Overflow, S3OverflowObjects, SqsOverflow
from millrace.errors import RetryLater
from millrace.intake.overflow import MAX_MESSAGE_BYTES, unpack
from millrace.intake.ports import NotAllWritten, SinkRecord
from tests.fakes.clock import MemoryClock
from tests.fakes.overflow import MemoryOverflow

NOW = 1_780_000_000_000


def record(name: str, size: int = 1) -> SinkRecord:
    return SinkRecord(partition_key=name, data=name.encode() * size, event_count=2)


class Bucket:
    """Both ends of a bucket on moto."""

    def __init__(self):
        self.s3 = client("s3")
        self.s3.create_bucket(Bucket="overflow")
        sink = S3Overflow(bucket="overflow", s3=self.s3, clock=MemoryClock(NOW))
        objects = S3OverflowObjects(bucket="overflow", s3=self.s3)
        self.put, self.read, self.delete = sink.put, objects.read, objects.delete

    def keys(self):
        found = self.s3.list_objects_v2(Bucket="overflow").get("Contents", [])
        return [each["Key"] for each in found]


class Memory(MemoryOverflow):
    def keys(self):
        return list(self.objects)


@pytest.fixture(params=["memory", "moto"])
def bucket(request):
    if request.param == "memory":
        yield Memory()
        return
    with mock_aws():
        yield Bucket()


def test_an_object_holds_what_was_put_until_it_is_deleted(bucket):
    bucket.put([record("a"), record("b")])
    (key,) = bucket.keys()
    assert key.startswith("overflow/")
    assert list(unpack(bucket.read(key))) == [record("a"), record("b")]
    bucket.delete(key)
    assert bucket.read(key) is None
    bucket.delete(key)


def test_the_same_records_twice_are_one_object_a_crash_between_costs_nothing():
    with mock_aws():
        bucket = Bucket()
        bucket.put([record("a")])
        bucket.put([record("a")])
        (key,) = bucket.keys()
        assert key.startswith("overflow/day=2026-05-28/hour=20/")


def test_a_bucket_that_is_gone_takes_nothing_and_can_be_asked_again():
    with mock_aws():
        s3 = client("s3")
        sink = S3Overflow(bucket="gone", s3=s3, clock=MemoryClock(NOW))
        with pytest.raises(NotAllWritten) as raised:
            sink.put([record("a"), record("b")])
        assert raised.value.unwritten == {0, 1}
        assert "NoSuchBucket" in raised.value.message
        with pytest.raises(RetryLater):
            S3OverflowObjects(bucket="gone", s3=s3).read("overflow/x")


def test_a_queue_holds_records_in_their_order_in_as_few_messages_as_fit():
    with mock_aws():
        sqs = client("sqs")
        url = sqs.create_queue(QueueName="overflow")["QueueUrl"]
        some = [record("a"), record("b", 700_000), record("c", 1000)]
        SqsOverflow(queue_url=url, sqs=sqs).put(some)
        messages = [
            message["Body"]
            for _ in range(3)
            for message in sqs.receive_message(QueueUrl=url).get("Messages", [])
        ]
    assert [list(unpack(body)) for body in messages] == [some]
    assert all(len(body) <= MAX_MESSAGE_BYTES for body in messages)


class ScriptedQueue:
    def __init__(self, *script):
        self.script = list(script)
        self.bodies = []

    def send_message(self, *, QueueUrl, MessageBody):  # noqa: N803
        step = self.script.pop(0) if self.script else None
        if step is not None:
            raise step
        self.bodies.append(MessageBody)


DOWN = ClientError({"Error": {"Code": "ServiceUnavailable", "Message": "secret"}}, "SendMessage")
HANGING = ReadTimeoutError(endpoint_url="https://sqs")


@pytest.mark.parametrize("error", [DOWN, HANGING])
def test_only_the_records_of_refused_messages_are_unwritten(error):
    queue = ScriptedQueue(None, error)
    with pytest.raises(NotAllWritten) as raised:
        SqsOverflow(queue_url="q", sqs=queue).put([record(n, 600_000) for n in "abc"])
    assert raised.value.unwritten == {1}
    assert "secret" not in str(raised.value)
    assert len(queue.bodies) == 2


def test_a_record_too_large_for_any_message_is_left_to_the_next_rung():
    queue = ScriptedQueue()
    with pytest.raises(NotAllWritten) as raised:
        SqsOverflow(queue_url="q", sqs=queue).put([record("a"), record("b", 900_000)])
    assert raised.value.unwritten == {1}
    assert len(queue.bodies) == 1


def test_a_queue_that_hangs_is_given_up_while_the_sender_still_listens():
    moments = iter([0.0, 1.3, 1.3])
    queue = ScriptedQueue(HANGING)
    sink = SqsOverflow(queue_url="q", sqs=queue, monotonic=lambda: next(moments))
    with pytest.raises(NotAllWritten) as raised:
        sink.put([record(n, 600_000) for n in "abc"])
    assert raised.value.unwritten == {0, 1, 2}
    assert queue.bodies == []
