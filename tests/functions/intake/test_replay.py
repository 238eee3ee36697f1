"""A function that is invoked by name tells its caller a code, and nobody a value."""

import json

import pytest

from millrace.errors import GiveUp, NeedsHuman
from millrace.runtime.function import task_function


def invoke(work, capsys):
    """What the handler raised, and what it logged."""
    # A name of its own: a logger keeps the stream it was first made with.
    handler = task_function(work.__qualname__)(work)
    with pytest.raises(Exception) as raised:
        handler({}, None)
    return raised.value, capsys.readouterr().out


def test_our_own_error_reaches_the_caller(capsys):
    def work(_event, _metrics):
        raise NeedsHuman("bad_task", "this is no invocation")

    error, log = invoke(work, capsys)
    assert str(error) == "bad_task: this is no invocation"
    assert json.loads(log.splitlines()[0])["code"] == "bad_task"


def test_an_error_that_nobody_expected_quotes_nothing(capsys):
    def work(_event, _metrics):
        raise ValueError("planted-marker")

    error, log = invoke(work, capsys)
    assert isinstance(error, GiveUp)
    assert error.__cause__ is None
    assert error.__suppress_context__
    assert "planted-marker" not in str(error) + log
    assert "UnhandledErrors" in log


def test_what_was_counted_before_an_error_is_counted(capsys):
    def work(_event, metrics):
        metrics.count("EventsReplayed", 3)
        raise NeedsHuman("x", "y")

    _, log = invoke(work, capsys)
    assert '"EventsReplayed":[3.0]' in log
