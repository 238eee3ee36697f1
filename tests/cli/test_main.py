"""Asked for what is not there, the command line says what to do."""

import json
import os
import subprocess
import sys

import pytest

from cli.__main__ import run
from cli.main import main
from local import ROOT
from millrace.failed.mending import steps_of
from millrace.failed.task import read_invocation


def test_without_an_engine_it_says_how_to_start_one(capsys):
    assert main(["--local", "http://127.0.0.1:9", "failed", "list"]) == 2
    assert "python3 run.py local" in capsys.readouterr().err


def test_local_means_loopback(capsys):
    assert main(["--local", "http://example.com", "failed", "list"]) == 2
    assert "http://127.0.0.1:8787" in capsys.readouterr().err


def test_its_help_names_every_command():
    answer = subprocess.run(
        [sys.executable, "-m", "cli", "failed", "--help"],
        cwd=ROOT, capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    for command in ("list", "stats", "show", "replay", "replays"):
        assert command in answer.stdout


def test_a_reader_that_has_seen_enough_is_no_error(monkeypatch):
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as pipe:
        monkeypatch.setattr("sys.stdout", pipe)
        monkeypatch.setattr("cli.__main__.main", lambda _words: 0 * pipe.write("a line"))
        assert run() == 0


def test_an_unknown_profile_is_named(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    assert main(["--profile", "nobody", "failed", "list"]) == 2
    assert "nobody" in capsys.readouterr().err


class Account:
    """An AWS account with our stack in it, as far as the commands ask for it."""

    def __init__(self, outputs):
        self.outputs = outputs
        self.started = []
        self.names = []

    def describe_stacks(self, *, StackName):  # noqa: N803
        assert StackName == "MillracePipeline"
        told = [{"OutputKey": key, "OutputValue": value} for key, value in self.outputs.items()]
        return {"Stacks": [{"Outputs": told}]}

    def get_caller_identity(self):
        return {"Arn": "arn:aws:sts::1:assumed-role/operators/kim"}

    def start_execution(self, *, stateMachineArn, name, input):  # noqa: A002, N803
        self.names.append(name)
        self.started.append((stateMachineArn, json.loads(input)))
        return {"executionArn": "arn:aws:states:::execution:x"}


@pytest.fixture
def account(monkeypatch):
    found = Account({"ReplayMachine": "arn:machine"})
    monkeypatch.setattr("cli.connection.Connection.client", lambda _self, _service: found)
    return found


def test_a_distributed_replay_is_started_with_what_the_function_reads(account, capsys):
    words = ["replay", "--where", "code=unplanned", "--set", "type=track", "--distributed"]
    assert main(["failed", *words]) == 0
    assert "execution:x" in capsys.readouterr().out
    ((machine, told),) = account.started
    assert machine == "arn:machine"
    assert told["prefix"] == "failed_events/"
    task, _ = read_invocation({"BatchInput": {"task": told["task"]}, "Items": []})
    assert task.where.code == ("unplanned",)
    assert task.steps == steps_of(puts=["type=track"])
    assert task.rate == 100
    assert task.job.by == "arn:aws:sts::1:assumed-role/operators/kim"
    assert account.names == [f"replay-{task.job.id}"]


def test_a_distributed_replay_of_one_day_lists_only_that_day(account):
    words = ["--where", "since=2026-11-22,until=2026-11-22T12:00:00Z", "--distributed"]
    assert main(["failed", "replay", *words]) == 0
    assert account.started[0][1]["prefix"] == "failed_events/day=2026-11-22/"


def test_each_distributed_replay_has_a_name_so_that_a_call_sent_twice_starts_one(account):
    for _ in range(2):
        assert main(["failed", "replay", "--all", "--distributed"]) == 0
    assert len(set(account.names)) == 2
    assert all(name.startswith("replay-") and len(name) <= 80 for name in account.names)


def test_a_distributed_dry_run_is_refused_because_nobody_would_see_it(account, capsys):
    assert main(["failed", "replay", "--all", "--distributed", "--dry-run"]) == 2
    assert "--limit" in capsys.readouterr().err
    assert account.started == []


def test_a_stack_of_an_older_version_is_told_apart(account, capsys):
    assert main(["failed", "list"]) == 2
    assert "deploy this version" in capsys.readouterr().err
