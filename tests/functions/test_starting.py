"""A sandbox's start: the garbage collector rests in Lambda, and nowhere else."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HANDLERS = sorted((ROOT / "functions").glob("*/*/handler.py"))
START = """
import gc, sys, millrace
before = gc.isenabled()
from millrace.runtime.function import http_function, task_function, timed_batch_function
{decorator}("a/function")(lambda *_: None)
print(before, gc.isenabled(), gc.get_freeze_count() > 1000)
"""


def started(decorator: str, **environ: str) -> list[str]:
    """Whether it was on during the start, is on after it, and passes over what was made."""
    environment = {key: value for key, value in os.environ.items() if "LAMBDA" not in key}
    ran = subprocess.run(
        [sys.executable, "-c", START.format(decorator=decorator)],
        env={**environment, "PYTHONPATH": os.pathsep.join(sys.path), **environ},
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout.split()


@pytest.mark.parametrize("decorator", ["http_function", "timed_batch_function", "task_function"])
def test_in_lambda_the_collector_rests_until_the_handler_is_made(decorator):
    environ = {"AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand"}
    assert started(decorator, **environ) == ["False", "True", "True"]


def test_on_a_laptop_it_never_rests():
    assert started("http_function") == ["True", "True", "False"]


@pytest.mark.parametrize("path", HANDLERS, ids=lambda path: "/".join(path.parts[-3:-1]))
def test_every_handler_is_made_by_what_wakes_the_collector(path):
    made = re.compile(r"^@(http|batch|timed_batch|task)_function\(.+\)\ndef handler", re.MULTILINE)
    assert made.search(path.read_text())
