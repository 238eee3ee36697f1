from __future__ import annotations

import hashlib
import json
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from local.engine import Engine
from local.traffic import Advance, FailNext, Send, Shop


def play(state, seed):
    """Every byte at rest, what the destinations were sent and the lake's files, after some days."""
    with Engine.start(seed=seed, state=state, background=False) as engine:
        connection = HTTPConnection(urlsplit(engine.url).netloc, timeout=30)
        headers = {"x-write-key": engine.write_keys["website"]}
        for step in Shop(seed=3, visitors=9).days():
            match step:
                case Send(path, body, _, copies):
                    for _ in range(copies):
                        connection.request("POST", path, body, headers)
                        connection.getresponse().read()
                case Advance(seconds):
                    engine.settle()
                    engine.clock.advance(seconds)
                case FailNext(destination, status, times):
                    engine.fail_next(destination, status=status, times=times)
        engine.settle()
        connection.close()
        sinks = [line for line in engine.sinks() if json.loads(line)["sink"] != "log"]
        files = {
            str(file.relative_to(state)): hashlib.sha256(file.read_bytes()).hexdigest()
            for file in sorted(engine.lake_path.rglob("*.parquet"))
        }
        told = {name: engine.outbox(name) for name in ("klaviyo", "webhook")}
        return engine.ledger(), sinks, told, files


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    return play(tmp_path_factory.mktemp("one"), seed=7)


def test_the_same_seed_gives_the_same_bytes_everywhere(first, tmp_path):
    second = play(tmp_path / "two", seed=7)
    assert first[0] == second[0]
    assert first[1] == second[1]
    assert first[2] == second[2]
    assert first[3] == second[3]
    assert len(first[3]) > 0


def test_another_seed_seals_differently(first, tmp_path):
    assert first[1] != play(tmp_path, seed=8)[1]
