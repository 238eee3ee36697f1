"""The unmodified handler of personalization/serve over moto, beside the one that writes."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import msgspec
import pytest
from moto import mock_aws

from millrace.events import Envelope, seal_envelope
from tests.core.profiles.stories import event
from tests.functions.profiles.stage import Stage, load


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    with mock_aws():
        stage = Stage()
        update = load("profiles/update", stage.update.to_env(), monkeypatch)
        ann = event("m1", user="ann", email="ann@x.com", kind="identify", traits={"plan": "pro"})
        data = base64.b64encode(seal_envelope(Envelope(events=(ann,)), update.vault)).decode()
        record = {"kinesis": {"sequenceNumber": "1", "partitionKey": "p", "data": data}}
        assert update.handler({"Records": [record]}, None) == {"batchItemFailures": []}
        yield stage


@pytest.fixture
def function(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    return load("personalization/serve", stage.serve.to_env(), monkeypatch)


def get(function: ModuleType, identifier: str, key: str = "read-1") -> tuple[int, dict[str, Any]]:
    request = {
        "version": "2.0",
        "routeKey": "GET /v1/profiles/{identifier+}",
        "rawPath": f"/v1/profiles/{identifier}",
        "headers": {"Authorization": f"Bearer {key}"},
        "pathParameters": {"identifier": identifier},
        "requestContext": {"requestId": "r1", "http": {"method": "GET", "sourceIp": "127.0.0.1"}},
        "isBase64Encoded": False,
    }
    result = function.handler(request, None)
    return result["statusCode"], json.loads(result["body"])


def test_a_person_is_served_by_every_identifier(function: ModuleType) -> None:
    status, by_email = get(function, "email:Ann@X.com")
    assert (status, by_email["traits"], by_email["fallback"]) == (200, {"plan": "pro"}, False)
    assert get(function, "user_id:ann") == (200, by_email)


def test_a_stranger_gets_the_generic_content_and_a_wrong_key_nothing(function: ModuleType) -> None:
    status, stranger = get(function, "user_id:bob")
    assert (status, stranger["traits"], stranger["reason"]) == (
        200,
        {"first_name": "there"},
        "unknown_person",
    )
    assert get(function, "user_id:ann", "wrong")[0] == 401


def test_a_table_that_is_gone_is_answered_with_the_generic_content(
    function: ModuleType, stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    get(function, "user_id:ann")
    stage.dynamodb.delete_table(TableName="profiles")
    status, answer = get(function, "user_id:ann")
    assert (status, answer["fallback"], answer["reason"]) == (200, True, "unavailable")
    assert [record.code for record in caplog.records] == ["profiles_refused"]


def test_a_table_that_is_slow_is_not_waited_for(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading

    settings = msgspec.structs.replace(stage.serve, budget_ms=50)
    function = load("personalization/serve", settings.to_env(), monkeypatch)
    let_go = threading.Event()
    function.dynamodb.meta.events.register(
        "before-parameter-build.dynamodb.BatchGetItem", lambda **_: let_go.wait(10) and None
    )
    function.vault.token("user_id", "ann")
    try:
        status, answer = get(function, "user_id:ann")
    finally:
        let_go.set()
    assert (status, answer["reason"]) == (200, "timeout")
