"""The durability ladder and the way back, over fakes."""

import json
from itertools import product

import pytest

from millrace.errors import RetryLater
from millrace.intake.ladder import LadderSink
from millrace.intake.overflow import MAX_MESSAGE_BYTES, messages, pack, unpack
from millrace.intake.ports import NotAllWritten, SinkRecord
from millrace.intake.refill import Message, refill
from tests.fakes.kinesis import MemorySink
from tests.fakes.overflow import MemoryOverflow


def records(names, events=1):
    return [SinkRecord(partition_key=n, data=n.encode(), event_count=events) for n in names]


def keys(sink):
    return "".join(record.partition_key for record in sink.records)


class Ladder:
    def __init__(self):
        self.rungs = {"stream": MemorySink(), "queue": MemorySink(), "bucket": MemorySink()}
        self.notes = []
        self.sink = LadderSink(self.rungs, note=lambda *note: self.notes.append(note))


@pytest.fixture
def ladder():
    return Ladder()


def test_a_stream_that_takes_all_leaves_the_other_rungs_alone(ladder):
    ladder.sink.put(records("abc"))
    assert [keys(rung) for rung in ladder.rungs.values()] == ["abc", "", ""]
    assert ladder.notes == []


def test_each_rung_is_offered_only_what_the_one_above_did_not_take(ladder):
    ladder.rungs["stream"].refused = frozenset({1, 3, 4})
    ladder.rungs["queue"].refused = frozenset({0, 2})
    ladder.sink.put(records("abcde", events=2))
    assert [keys(rung) for rung in ladder.rungs.values()] == ["ac", "d", "be"]
    assert ladder.notes == [("queue", 2), ("bucket", 4)]


def test_what_no_rung_takes_is_named_by_its_own_position(ladder):
    ladder.rungs["stream"].refused = frozenset({1, 3, 4})
    ladder.rungs["queue"].refused = frozenset({0, 2})
    ladder.rungs["bucket"].refused = frozenset({1})
    with pytest.raises(NotAllWritten) as raised:
        ladder.sink.put(records("abcde"))
    assert raised.value.unwritten == {4}
    assert raised.value.code == "stream_unavailable"
    assert raised.value.after_seconds


@pytest.mark.parametrize("refused", list(product([(), (0,), (0, 1), (0, 1, 2)], repeat=3)))
def test_every_record_is_on_one_rung_or_named_as_unwritten(ladder, refused):
    for rung, positions in zip(ladder.rungs.values(), refused, strict=True):
        rung.refused = frozenset(positions)
    unwritten = ""
    try:
        ladder.sink.put(records("abc"))
    except NotAllWritten as error:
        unwritten = "".join("abc"[position] for position in error.unwritten)
    everywhere = "".join(keys(rung) for rung in ladder.rungs.values()) + unwritten
    assert sorted(everywhere) == list("abc")


def test_a_request_on_the_ladder_is_2xx_only_when_some_rung_has_every_event(intake, code_of):
    bottom = MemorySink()
    object.__setattr__(intake.doors, "sink", LadderSink({"top": intake.sink, "low": bottom}))
    batch = {"batch": [{"type": "track", "userId": u, "event": "e"} for u in "abcd"]}
    intake.sink.refused = frozenset({1, 2})
    assert intake.post("batch", batch).status == 200
    assert (len(intake.sink.records), len(bottom.records)) == (2, 2)
    assert intake.counts == {"EventsReceived": 4}
    intake.sink.refused = frozenset({1, 2})
    bottom.refused = frozenset({0, 1})
    response = intake.post("batch", batch)
    assert (response.status, code_of(response)) == (503, "stream_unavailable")
    assert int(response.headers["retry-after"]) >= 1
    assert intake.counts == {"EventsReceived": 6}, "the two that the stream took will be applied"


def test_records_come_back_from_a_detour_as_they_went():
    some = [
        SinkRecord(partition_key="p", data=bytes(range(256)), event_count=3),
        SinkRecord(partition_key="q", data=b""),
    ]
    assert list(unpack(pack(some))) == some


def test_messages_keep_the_order_and_stay_within_what_a_queue_takes():
    sizes = [10, 600_000, 100_000, 400_000, 900_000, 5]
    some = [SinkRecord(partition_key="p" * 43, data=b"x" * size) for size in sizes]
    parts = list(messages(some))
    assert [position for part in parts for position in part] == list(range(len(sizes)))
    fitting = [part for part in parts if part != [4]]
    assert all(
        len(pack([some[position] for position in part])) <= MAX_MESSAGE_BYTES for part in fitting
    )
    assert [4] in parts, "too large for any message: it goes on to the bucket alone"


class Back:
    """The way back."""

    def __init__(self):
        self.sink, self.queue, self.bucket = MemorySink(), MemorySink(), MemoryOverflow()
        self.reported = []

    def refill(self, *bodies):
        return refill(
            [Message(message_id=str(n), body=body) for n, body in enumerate(bodies)],
            sink=self.sink,
            overflow=self.queue,
            objects=self.bucket,
            report=self.reported.append,
        )

    def stored(self, names):
        self.bucket.put(records(names))
        key = list(self.bucket.objects)[-1].replace("/", "%2F")
        return json.dumps({"Records": [{"s3": {"object": {"key": key}}}]})


@pytest.fixture
def back():
    return Back()


def detour(names):
    return pack(records(names, events=2)).decode()


def test_what_waited_is_in_the_stream_in_its_order(back):
    done = back.refill(detour("ab"), back.stored("c"), detour("d"))
    assert keys(back.sink) == "abcd"
    assert (done.retry, done.events) == ([], 7)
    assert back.bucket.objects == {}


def test_of_a_message_that_the_stream_took_in_part_only_the_rest_waits_again(back):
    back.sink.refused = frozenset({1, 2, 3})
    done = back.refill(detour("abc"), detour("d"), back.stored("e"))
    assert keys(back.sink) == "ae"
    assert keys(back.queue) == "bc", "a new message"
    assert done.retry == ["1"], "of d nothing was taken: its message itself comes again"
    assert done.events == 3
    assert back.bucket.objects == {}


def test_when_the_rest_cannot_wait_anew_the_whole_message_comes_again(back):
    back.sink.refused = back.queue.refused = frozenset({0, 1})
    assert back.refill(detour("abc")).retry == ["0"]


def test_an_object_whose_events_were_not_taken_stays(back):
    back.sink.refused = frozenset({0, 1})
    assert back.refill(back.stored("ab")).retry == ["0"]
    assert len(back.bucket.objects) == 1


def test_an_object_that_is_told_of_twice_is_written_once(back):
    told = back.stored("ab")
    assert back.refill(told, told).retry == []
    assert back.refill(told).retry == []
    assert keys(back.sink) == "ab"


def test_while_the_bucket_cannot_be_read_its_messages_come_again_and_others_do_not(back):
    told = back.stored("ab")
    back.bucket.is_failing = True
    assert back.refill(told, detour("c")).retry == ["0"]
    assert keys(back.sink) == "c"
    assert isinstance(back.reported[0], RetryLater)


def test_the_test_event_that_s3_sends_first_is_done_at_once(back):
    body = json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "b"})
    assert back.refill(body).retry == []
    assert back.sink.records == []


@pytest.mark.parametrize("body", ["", "x", "[]", "7", "{}", '{"Records": 5}', '{"records": [{}]}'])
def test_a_message_that_is_none_of_ours_is_left_for_the_dead_letter_queue(back, body):
    assert back.refill(body, detour("a")).retry == ["0"]
    assert keys(back.sink) == "a"
    assert back.reported[0].code == "unreadable_detour"
