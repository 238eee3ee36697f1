"""The replay's state machine, run by moto's interpreter: its map, its batches, its retries."""

from __future__ import annotations

import itertools
import json
from types import SimpleNamespace

import pytest

from cli.connection import Connection
from cli.main import main
from local import item_batcher
from millrace.errors import RetryLater
from millrace.failed.task import CHUNK, read_invocation
from tests.cli.test_failed import AS_USER, order, send

RETRIER = "moto.stepfunctions.parser.asl.component.common.retry.retrier_decl"
FAILED_NOW = RetryLater("stream_unavailable", "the stream did not take all of the records")
NUMBERS = itertools.count()


@pytest.fixture
def invoked(engine, monkeypatch):
    """What the replay function is invoked with; `invoked.fails(event)` says which fail."""
    function = engine.functions["intake/replay"]
    found = SimpleNamespace(events=[], fails=lambda _event: False)
    real = function.invoke

    def invoke(event, request_id):
        found.events.append(event)
        if found.fails(event):
            raise FAILED_NOW
        return real(event, request_id)

    monkeypatch.setattr(function, "invoke", invoke)
    return found


@pytest.fixture
def waits(monkeypatch):
    """How long the interpreter would have waited between tries."""
    found = []
    monkeypatch.setattr(f"{RETRIER}.time", SimpleNamespace(sleep=found.append))
    return found


@pytest.fixture
def gained(engine):
    """What the ledger has gained since the test began."""
    before = engine.ledger()
    return lambda: {name: count - before[name] for name, count in engine.ledger().items()}


@pytest.fixture
def replay(engine, capsys):
    """`millrace failed replay --distributed`, to its end: how it ended, and its map run."""

    def run():
        capsys.readouterr()
        words = ["failed", "replay", *AS_USER, "--rate", "1000", "--distributed"]
        assert main(["--local", engine.url, *words]) == 0
        execution = capsys.readouterr().out.strip()
        assert engine.settle(timeout=300) == {}
        client = Connection(local=engine.url).client("stepfunctions")
        (found,) = client.list_map_runs(executionArn=execution)["mapRuns"]
        told = client.describe_map_run(mapRunArn=found["mapRunArn"])
        return client.describe_execution(executionArn=execution), told["itemCounts"]

    return run


def refuse(engine, ask, many):
    """So many events that fail; nobody else sends under their message ids."""
    events = [order(next(NUMBERS)) for _ in range(many)]
    for start in range(0, many, 250):
        send(ask, *events[start : start + 250])
    engine.settle()
    return events


@pytest.mark.parametrize("many", [CHUNK + 20, pytest.param(1_050, marks=pytest.mark.slow)])
def test_all_of_many_failed_events_are_recovered_once(engine, ask, invoked, replay, gained, many):
    refuse(engine, ask, many)
    assert gained()["failed"] == many
    ended, runs = replay()
    batches = [read_invocation(event)[1] for event in invoked.events]
    assert [len(keys) for keys in batches] == [CHUNK] * (many // CHUNK) + [many % CHUNK]
    assert len({key for keys in batches for key in keys}) == many
    assert ended["status"] == "SUCCEEDED"
    assert json.loads(ended["output"]) == {"batches": len(batches)}
    assert (runs["succeeded"], runs["failed"]) == (len(batches), 0)
    once = gained()
    assert once == {
        "received": many, "applied": many, "duplicate": 0, "failed": 0,
        "blocked_by_consent": 0, "erased": 0, "parked": 0, "balance": 0,
    }  # fmt: skip

    ended, runs = replay()
    assert (ended["status"], runs["total"]) == ("SUCCEEDED", 0)
    assert len(invoked.events) == len(batches)
    assert gained() == once


def test_a_batch_that_fails_is_tried_again_after_waits_that_may_grow(
    engine, ask, invoked, waits, replay, gained
):
    refuse(engine, ask, 3)
    invoked.fails = lambda _event: len(invoked.events) < 4
    ended, runs = replay()
    assert (ended["status"], runs["succeeded"], runs["failed"]) == ("SUCCEEDED", 1, 0)
    assert invoked.events == [invoked.events[0]] * 4
    assert [0 <= wait <= most for wait, most in zip(waits, (5, 10, 20), strict=True)] == [True] * 3
    assert (gained()["applied"], gained()["failed"]) == (3, 0)


@pytest.mark.slow
def test_a_batch_that_goes_on_failing_is_counted_and_left_to_the_next_replay(
    engine, ask, invoked, waits, replay, gained
):
    refuse(engine, ask, CHUNK + 10)
    invoked.fails = lambda event: len(event["Items"]) == CHUNK
    ended, runs = replay()
    assert (ended["status"], runs["succeeded"], runs["failed"]) == ("SUCCEEDED", 1, 1)
    assert len(waits) == 5
    assert (gained()["applied"], gained()["failed"]) == (10, CHUNK)
    invoked.fails = lambda _event: False
    _, runs = replay()
    assert (runs["succeeded"], runs["failed"]) == (1, 0)
    assert (gained()["applied"], gained()["failed"], gained()["duplicate"]) == (CHUNK + 10, 0, 0)


def test_a_machine_calls_aws_as_its_own_role(engine, ask, replay, gained, monkeypatch):
    refuse(engine, ask, 1)
    (machine,) = engine.machines.plans
    monkeypatch.setattr(machine.role, "_verdicts", {})
    with monkeypatch.context() as poorer:
        poorer.setattr(machine.role, "statements", [])
        assert replay()[0]["status"] == "FAILED"
    assert [refusal.action for refusal in machine.role.refusals] == ["s3:ListBucket"]
    assert gained()["failed"] == 1
    monkeypatch.setattr(machine.role, "_verdicts", {})
    assert replay()[0]["status"] == "SUCCEEDED"
    used = {action for action, _ in machine.role.used}
    assert used == {"s3:ListBucket", "lambda:InvokeFunction"}
    assert (len(machine.role.refusals), gained()["failed"]) == (1, 0)


def test_the_interpreter_does_not_read_the_definition_without_our_help(engine):
    """Where it does one day, `local/item_batcher.py` can go."""
    (machine,) = engine.machines.plans
    with pytest.raises(Exception, match="ItemBatcher"):
        item_batcher.own_parse(machine.definition)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("ItemBatcher", {"MaxItemsPerBatch": 100}),
        ("ItemBatcher", {"MaxInputBytesPerBatch": 1000, "BatchInput": {}}),
        ("ToleratedFailurePercentage", 5),
    ],
)
def test_what_is_not_played_is_refused_rather_than_left_out(engine, field, value):
    (machine,) = engine.machines.plans
    definition = json.loads(machine.definition)
    definition["States"]["Every"][field] = value
    with pytest.raises(ValueError, match=r"are played|tolerate"):
        item_batcher.parse(json.dumps(definition))
