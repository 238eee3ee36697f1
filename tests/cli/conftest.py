from __future__ import annotations

import json

import pytest

from cli.main import main
from local.engine import Engine
from tests.local.conftest import Asker


@pytest.fixture
def engine(tmp_path):
    with Engine.start(seed=7, state=tmp_path, background=False) as running:
        yield running


@pytest.fixture
def ask(engine):
    return Asker(engine)


@pytest.fixture
def millrace(engine, capsys):
    """`millrace failed ...` against the engine: exit code, standard output, standard error."""
    return commands(engine, capsys)


@pytest.fixture(scope="module")
def quiet_engine(tmp_path_factory):
    state = tmp_path_factory.mktemp("quiet")
    with Engine.start(seed=7, state=state, background=False) as running:
        yield running


@pytest.fixture
def millrace_of_all(quiet_engine, capsys):
    """As `millrace`, on one engine for all tests of a file: for commands that change nothing."""
    return commands(quiet_engine, capsys)


def commands(engine, capsys, subject="failed"):
    def run(*words):
        capsys.readouterr()
        code = main(["--local", engine.url, subject, *words])
        said = capsys.readouterr()
        return code, said.out, said.err

    def run_json(*words):
        code, out, err = run(*words, "--json")
        assert code == 0, err
        return json.loads(out)

    run.json = run_json
    return run
