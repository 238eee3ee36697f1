"""The durability ladder through the HTTP door: no rung loses an event, nor counts one twice."""

from __future__ import annotations

import json
from itertools import count

import pytest

from local.engine import Engine
from tests.local.conftest import Asker
from tests.local.crowd import without_pauses

ALWAYS = 1_000_000
RUNGS = ("kinesis", "sqs", "s3")
_numbers = count()


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    with Engine.start(seed=7, state=tmp_path_factory.mktemp("s"), background=False) as running:
        without_pauses(running)
        yield running


@pytest.fixture
def ask(engine):
    yield Asker(engine)
    for service in RUNGS:
        engine.fail_service(service, times=0)


def a_batch(events=20, people=7):
    run = next(_numbers)
    return {
        "batch": [
            {
                "type": "track",
                "userId": f"u{run}-{n % people}",
                "event": "x",
                "messageId": f"m{run}-{n}",
            }
            for n in range(events)
        ]
    }


def gained(engine, before):
    after = engine.ledger()
    return {name: after[name] - before[name] for name in after if after[name] != before[name]}


def at(engine, sink):
    return [
        entry
        for entry in map(json.loads, engine.sinks())
        if entry["sink"] == sink and "verflow" in entry.get("queue", entry.get("bucket", ""))
    ]


@pytest.mark.parametrize(
    ("down", "queued", "stored"),
    [(("kinesis",), 1, 0), (("kinesis", "sqs"), 1, 1)],
    ids=["stream down", "stream and queue down"],
)
def test_events_come_back_by_themselves_when_the_stream_does(engine, ask, down, queued, stored):
    before = engine.ledger()
    stored_before = len(at(engine, "bucket"))
    for service in down:
        engine.fail_service(service, times=ALWAYS)
    assert ask.send(a_batch()) == (200, {"success": True})
    assert gained(engine, before) == {"received": 20, "balance": 20}
    # what is in the bucket is told to the queue by S3 itself
    assert len(at(engine, "queue")) == queued
    assert len(at(engine, "bucket")) - stored_before == stored
    for service in down:
        engine.fail_service(service, times=0)
    assert engine.settle(timeout=30) == {}
    assert gained(engine, before) == {"received": 20, "applied": 20}
    assert at(engine, "queue") == []


def test_nothing_at_rest_on_the_detour_is_readable(engine, ask):
    for service in ("kinesis", "sqs"):
        engine.fail_service(service, times=ALWAYS)
    event = {"userId": "marker-user", "event": "marker-event", "messageId": "marker-id"}
    assert ask.send(event, "/v1/track")[0] == 200
    engine.fail_service("sqs", times=0)
    assert ask.send({**event, "messageId": "marker-id-2"}, "/v1/track")[0] == 200
    everything = b"".join(engine.sinks())
    assert len(at(engine, "queue")) == 2
    assert b"marker-" not in everything
    engine.fail_service("kinesis", times=0)
    assert engine.settle(timeout=30) == {}


def test_with_every_rung_down_it_is_503_and_nothing_is_counted(engine, ask):
    before = engine.ledger()
    for service in RUNGS:
        engine.fail_service(service, times=ALWAYS)
    batch = a_batch()
    status, headers, body = ask(
        "POST", "/v1/batch", batch, {"x-write-key": ask.write_key, "x-millrace-receipt": "1"}
    )
    assert (status, json.loads(body)["code"]) == (503, "stream_unavailable")
    assert int(headers["retry-after"]) >= 1
    assert gained(engine, before) == {}
    for service in RUNGS:
        engine.fail_service(service, times=0)
    assert ask.send(batch)[0] == 200
    assert engine.settle(timeout=30) == {}
    assert gained(engine, before) == {"received": 20, "applied": 20}


def test_a_stream_that_comes_and_goes_loses_and_doubles_nothing(engine, ask):
    before = engine.ledger()
    for times in (1, 4, 5, 6, 9):
        engine.fail_service("kinesis", times=times, code="ProvisionedThroughputExceededException")
        assert ask.send(a_batch(events=10)) == (200, {"success": True})
        assert engine.settle(timeout=30) == {}
    assert gained(engine, before) == {"received": 50, "applied": 50}


def test_an_object_told_of_twice_and_one_that_is_gone_change_nothing(engine, ask):
    before = engine.ledger()
    for service in ("kinesis", "sqs"):
        engine.fail_service(service, times=ALWAYS)
    assert ask.send(a_batch(events=3))[0] == 200
    (message,) = at(engine, "queue")
    engine.cloud.backend("sqs").send_message(message["queue"], message["body"])
    for service in ("kinesis", "sqs"):
        engine.fail_service(service, times=0)
    assert engine.settle(timeout=30) == {}
    assert gained(engine, before) == {"received": 3, "applied": 3}
    engine.cloud.backend("sqs").send_message(message["queue"], message["body"])
    assert engine.settle(timeout=30) == {}
    assert gained(engine, before) == {"received": 3, "applied": 3}


def test_the_test_event_of_s3_is_taken_for_what_it_is(engine, ask):
    name = next(n for n in engine.cloud.backend("sqs").queues if "OverflowQueue" in n)
    body = json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "b"})
    engine.cloud.backend("sqs").send_message(name, body)
    assert engine.settle(timeout=30) == {}


def test_an_outage_can_be_asked_for_over_http(engine, ask):
    assert ask.json("POST", "/_local/aws/kinesis", {"times": 9}) == (
        200,
        {"service": "kinesis", "times": 9},
    )
    assert ask.send(a_batch(events=1))[0] == 200
    assert len(at(engine, "queue")) == 1
    assert ask.json("POST", "/_local/aws/kinesis", {"times": 0})[0] == 200
    assert engine.settle(timeout=30) == {}
    assert ask.json("POST", "/_local/aws/nothing", {"times": 1})[0] == 400
    assert ask.json("POST", "/_local/aws/kinesis", {"often": 1})[0] == 400


def test_no_function_asked_for_more_than_its_role_allows(engine):
    assert engine.grants()["refused"] == []
