"""The stream sink: only what failed goes again, and the fake keeps the same promises on moto."""

import base64

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws

from millrace.adapters.aws import client
from millrace.adapters.kinesis import MAX_CALL_BYTES, PAUSES, KinesisSink
from millrace.events import Envelope, Event, Identifier, open_envelope, seal_envelope
from millrace.intake.ports import NotAllWritten, SinkRecord
from tests.fakes.kinesis import MemorySink
from tests.fakes.vault import MemoryVault

OK = {"SequenceNumber": "1", "ShardId": "s"}
THROTTLED = {"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": "slow down"}


def record(name: str, data: bytes | None = None) -> SinkRecord:
    return SinkRecord(partition_key=name, data=data if data is not None else name.encode())


class ScriptedKinesis:
    """Answers each call by the next entry: positions to refuse, or an error to raise."""

    def __init__(self, *script):
        self.script = list(script)
        self.calls = []

    def put_records(self, *, StreamName, Records):  # noqa: N803
        self.calls.append([entry["PartitionKey"] for entry in Records])
        step = self.script.pop(0) if self.script else ()
        if isinstance(step, Exception):
            raise step
        answers = [THROTTLED if n in step else OK for n in range(len(Records))]
        return {"FailedRecordCount": len(step), "Records": answers}


def sink(kinesis, pauses=None) -> KinesisSink:
    pauses = [] if pauses is None else pauses
    return KinesisSink(stream="events", kinesis=kinesis, sleep=pauses.append, jitter=lambda: 0.0)


def test_only_the_failed_positions_go_again():
    kinesis = ScriptedKinesis({1, 3}, {1})
    pauses = []
    sink(kinesis, pauses).put([record(name) for name in "abcde"])
    assert kinesis.calls == [list("abcde"), ["b", "d"], ["d"]]
    assert pauses == list(PAUSES[:2])


def test_what_is_refused_to_the_end_is_named_by_position():
    kinesis = ScriptedKinesis({0, 2}, {1}, {0}, {0}, {0}, {0})
    with pytest.raises(NotAllWritten) as raised:
        sink(kinesis).put([record(name) for name in "abc"])
    assert raised.value.code == "stream_unavailable"
    assert raised.value.unwritten == {2}
    assert kinesis.calls == [list("abc"), ["a", "c"], ["c"], ["c"], ["c"]]
    assert "ProvisionedThroughputExceededException" in raised.value.message


@pytest.mark.parametrize(
    "error",
    [
        EndpointConnectionError(endpoint_url="https://kinesis"),
        ClientError({"Error": {"Code": "InternalFailure", "Message": "secret"}}, "PutRecords"),
    ],
)
def test_a_call_that_fails_as_a_whole_goes_again_as_a_whole(error):
    kinesis = ScriptedKinesis(error)
    sink(kinesis).put([record("a"), record("b")])
    assert kinesis.calls == [["a", "b"], ["a", "b"]]
    with pytest.raises(NotAllWritten) as raised:
        sink(ScriptedKinesis(*[error] * 9)).put([record("a"), record("b")])
    assert raised.value.unwritten == {0, 1}
    assert "secret" not in str(raised.value)


def test_a_stream_that_answers_slowly_is_given_up_while_the_sender_still_listens():
    kinesis = ScriptedKinesis({0}, {0}, {0}, {0}, {0})
    moments = iter([0.0, 0.4, 1.2])
    slow = KinesisSink(
        stream="events",
        kinesis=kinesis,
        sleep=lambda seconds: None,
        jitter=lambda: 0.0,
        monotonic=lambda: next(moments),
    )
    with pytest.raises(NotAllWritten):
        slow.put([record("a")])
    assert len(kinesis.calls) == 2


def test_calls_hold_at_most_500_records_and_positions_count_over_all_of_them():
    kinesis = ScriptedKinesis((), {0, 499}, {0})
    names = [str(n) for n in range(1_200)]
    sink(kinesis).put([record(name) for name in names])
    assert kinesis.calls == [names[:500], names[500:1000], names[1000:], ["500", "999", "1000"]]


def test_calls_hold_at_most_five_megabytes():
    kinesis = ScriptedKinesis()
    sink(kinesis).put([record(str(n), b"x" * 1_000_000) for n in range(12)])
    assert [len(call) for call in kinesis.calls] == [5, 5, 2]
    assert MAX_CALL_BYTES // 1_000_001 == 5


def test_nothing_to_write_is_no_call():
    kinesis = ScriptedKinesis()
    sink(kinesis).put([])
    assert kinesis.calls == []


class MemoryStream:
    def __init__(self):
        self.sink = MemorySink()

    def written(self):
        return [(record.partition_key, record.data) for record in self.sink.records]


class MotoStream:
    def __init__(self):
        self.kinesis = client("kinesis")
        self.kinesis.create_stream(StreamName="events", ShardCount=1)
        self.sink = sink(self.kinesis)

    def written(self):
        shard = self.kinesis.get_shard_iterator(
            StreamName="events", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        records = self.kinesis.get_records(ShardIterator=shard)["Records"]
        return [(entry["PartitionKey"], entry["Data"]) for entry in records]


@pytest.fixture(params=[MemoryStream, MotoStream])
def stream(request):
    with mock_aws():
        yield request.param()


def test_what_was_put_is_in_the_stream_in_its_order(stream):
    stream.sink.put([record("a", b"1"), record("b", b"\x00\xff"), record("a", b"2")])
    stream.sink.put([record("a", b"3")])
    assert stream.written() == [("a", b"1"), ("b", b"\x00\xff"), ("a", b"2"), ("a", b"3")]


def test_an_envelope_opens_again_after_the_stream(stream):
    vault = MemoryVault()
    anchor = Identifier("user_id", "u1")
    event = Event(
        message_id="m", type="track", source="s", event_at=1, received_at=2, anchor=anchor,
        identifiers=(anchor,), name="e", properties={"x": "😀"},
    )  # fmt: skip
    envelope = Envelope(events=(event,), request_id="r")
    stream.sink.put([record("k", seal_envelope(envelope, vault))])
    ((_, data),) = stream.written()
    assert open_envelope(data, vault) == envelope
    assert base64.b64encode(b"u1") not in base64.b64encode(data)


def test_the_fake_names_what_it_refused_as_the_sink_does():
    memory = MemorySink()
    memory.refused = frozenset({1, 9})
    with pytest.raises(NotAllWritten) as raised:
        memory.put([record("a"), record("b"), record("c")])
    assert raised.value.unwritten == {1}
    assert [entry.partition_key for entry in memory.records] == ["a", "c"]


def test_a_stream_that_is_slow_but_takes_all_is_not_given_up():
    kinesis = ScriptedKinesis()
    moments = iter([0.0, 9.0, 18.0])
    slow = KinesisSink(stream="events", kinesis=kinesis, monotonic=lambda: next(moments))
    slow.put([record(str(n)) for n in range(1_200)])
    assert len(kinesis.calls) == 3
