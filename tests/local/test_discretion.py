"""What an engine prints: no identifier, no payload, no key, on whichever path."""

from __future__ import annotations

import json

import pytest

from local.engine import Engine
from tests.core.intake.test_abuse import BAD_BODIES, LOADED, MARK
from tests.local.conftest import Asker
from tests.local.crowd import without_pauses

SERVICES = ("kinesis", "sqs", "s3", "kms", "dynamodb", "secretsmanager")


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    with Engine.start(seed=7, state=tmp_path_factory.mktemp("s"), background=False) as running:
        without_pauses(running)
        yield running


def send_everything(ask):
    headers = {"x-write-key": ask.write_key, "user-agent": MARK, "referer": f"https://{MARK}"}
    answers = [
        ask("POST", f"/v1/{call}?{MARK}={MARK}", body, {**headers, **more})
        for body in [*BAD_BODIES.values(), {**LOADED, "type": "track"}]
        for call in ("track", "batch", "identify")
        for more in ({}, {"x-write-key": MARK})
    ]
    answers.append(ask("GET", f"/v1/pixel/track?writeKey={MARK}&userId={MARK}&event={MARK}"))
    answers.append(ask("GET", f"/v1/pixel/track?writeKey={ask.write_key}&userId={MARK}"))
    answers.append(ask("GET", f"/v1/profiles/user_id:{MARK}"))
    answers.append(ask("GET", f"/v1/projects/{MARK}/settings"))
    return answers


@pytest.mark.parametrize("broken", [(), *[(each,) for each in SERVICES], SERVICES])
def test_no_answer_and_no_log_line_holds_anything_that_was_sent(engine, broken):
    ask = Asker(engine)
    for service in broken:
        engine.fail_service(service, times=1_000_000)
    answers = send_everything(ask)
    for service in broken:
        engine.fail_service(service, times=0)
    assert engine.settle(timeout=60) == {}
    for status, headers, body in answers:
        assert status != 500
        assert MARK not in body.decode("latin-1")
        assert MARK not in json.dumps(headers)
    printed = [line for path in engine.functions for line in engine.log_lines(path)]
    assert printed, "there are lines to look at"
    for line in printed:
        assert MARK not in line, line
        assert ask.write_key not in line
