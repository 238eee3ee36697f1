"""What runs out of retries is parked whole, counted, and the ledger still balances."""

from __future__ import annotations

import json

import pytest

from local.engine import Engine
from tests.local.conftest import Asker


@pytest.fixture
def engine(tmp_path):
    with Engine.start(seed=7, state=tmp_path, background=False) as running:
        yield running


def test_a_batch_that_can_never_be_applied_is_parked_and_the_ledger_balances(engine, monkeypatch):
    def refuse(event, context):
        raise RuntimeError

    events = [
        {"type": "track", "userId": f"u{n % 3}", "event": "x", "messageId": f"m{n}"}
        for n in range(9)
    ]
    monkeypatch.setattr(engine.functions["profiles/update"], "_handler", refuse)
    assert Asker(engine).send({"batch": events})[0] == 200
    assert engine.settle() == {}
    ledger = engine.ledger()
    assert (ledger["received"], ledger["applied"], ledger["parked"]) == (9, 0, 9)
    assert ledger["balance"] == 0
    objects = [
        json.loads(line["body"])
        for line in map(json.loads, engine.sinks())
        if line["sink"] == "bucket" and line["key"].startswith("aws/lambda/")
    ]
    assert len(objects) == 3, "one record per person, each alone after bisecting"
    record = objects[0]
    assert record["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert record["KinesisBatchInfo"]["batchSize"] == 1
    assert json.loads(record["payload"])["Records"][0]["eventSource"] == "aws:kinesis"


def test_a_change_that_cannot_be_woken_is_noted_in_its_queue(engine, monkeypatch):
    def refuse(event, context):
        raise RuntimeError

    monkeypatch.setattr(engine.functions["activation/wake"], "_handler", refuse)
    event = {"type": "track", "userId": "u", "event": "x"}
    assert Asker(engine).send(event, "/v1/track")[0] == 200
    assert engine.settle() == {}
    notices = [
        json.loads(line["body"])
        for line in map(json.loads, engine.sinks())
        if line["sink"] == "queue"
    ]
    assert [notice["requestContext"]["condition"] for notice in notices] == [
        "RetryAttemptsExhausted"
    ]
    assert "payload" not in notices[0], "queues get where to look, not the records"
    assert engine.ledger()["parked"] == 0


def test_a_change_record_is_json_as_lambda_hands_it_over(engine, monkeypatch):
    seen = []
    monkeypatch.setattr(
        engine.functions["activation/wake"], "_handler", lambda event, _: seen.append(event)
    )
    event = {"type": "track", "userId": "u", "event": "x"}
    assert Asker(engine).send(event, "/v1/track")[0] == 200
    assert engine.settle() == {}
    json.dumps(seen)
    record = seen[0]["Records"][0]
    assert record["eventSource"] == "aws:dynamodb"
    assert isinstance(record["dynamodb"]["NewImage"]["state"]["B"], str)
    assert isinstance(record["dynamodb"]["ApproximateCreationDateTime"], float)
