"""The unmodified handler, real botocore and moto's DynamoDB and S3, with faults in between."""

from __future__ import annotations

import base64
import random
from collections import Counter
from collections.abc import Iterator
from types import ModuleType
from typing import Any
from unittest.mock import patch

import botocore.endpoint
import orjson
import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError
from moto import mock_aws
from moto.core.botocore_stubber import MockRawResponse
from moto.core.models import botocore_stubber

from local.moto_statements import statements_fix
from millrace.events import Envelope, seal_envelope
from millrace.profiles.drafting import ProfileRules
from millrace.profiles.model import IdBlock, Row
from tests.functions.profiles.stage import PRIORITIES, Stage, load
from tests.simulation.conditions import Crash
from tests.simulation.oracle import Verdict, compare, folded_in_one_go
from tests.simulation.shop import Request, Shop
from tests.simulation.table import Table

KINDS = (
    "throttle",
    "error_500",
    "error_500_applied",
    "timeout_before",
    "timeout_after",
    "crash_before",
    "crash_after",
    "partial_batch",
)
THROTTLED = "ProvisionedThroughputExceededException"


class Chaos:
    """Stands where moto stood: what moto is not asked to do does not happen."""

    def __init__(self, dice: random.Random, rate: float) -> None:
        self.rate = rate
        self.counted: Counter[str] = Counter()
        self._dice = dice

    def take_the_place_of_moto(self, client: Any) -> None:
        client.meta.events.unregister("before-send", botocore_stubber)
        client.meta.events.register("before-send", self)

    def __call__(self, event_name: str, request: Any, **_: Any) -> Any:
        operation = event_name.rsplit(".", 1)[-1]
        fault = self._draw(operation)
        if fault == "crash_before":
            raise Crash
        if fault == "timeout_before":
            raise ConnectTimeoutError(endpoint_url=request.url)
        if fault in {"throttle", "error_500"}:
            return _refusal(request, fault)
        if fault == "partial_batch":
            return _in_part(event_name, request, operation)
        answer = botocore_stubber(event_name, request)
        if fault == "crash_after":
            raise Crash
        if fault == "timeout_after":
            raise ReadTimeoutError(endpoint_url=request.url)
        return _refusal(request, "error_500") if fault == "error_500_applied" else answer

    def _draw(self, operation: str) -> str:
        if self._dice.random() >= self.rate:
            return ""
        kind = self._dice.choice(KINDS)
        if kind == "partial_batch" and not operation.startswith("Batch"):
            kind = "throttle"
        self.counted[kind] += 1
        return kind


def _refusal(request: Any, fault: str) -> AWSResponse:
    code, status = (THROTTLED, 400) if fault == "throttle" else ("InternalServerError", 500)
    return _answer(request, status, {"__type": f"com.amazonaws#{code}", "message": "injected"})


def _in_part(event_name: str, request: Any, operation: str) -> AWSResponse:
    """Half of what was asked for; the other half comes back as unprocessed."""
    if operation == "BatchExecuteStatement":
        return _every_other(event_name, request)
    asked = orjson.loads(request.body)["RequestItems"]
    done, left = {}, {}
    for table, some in asked.items():
        items = some["Keys"] if operation == "BatchGetItem" else some
        half = len(items) // 2
        wrap = (lambda own, some=some: some | {"Keys": own}) if items is not some else list
        done |= {table: wrap(items[:half])} if half else {}
        left |= {table: wrap(items[half:])}
    if not done:
        return _answer(request, 200, {"Responses": {}, **_unprocessed(operation, left)})
    request.body = orjson.dumps({"RequestItems": done})
    answer = orjson.loads(botocore_stubber(event_name, request).content)
    return _answer(request, 200, answer | _unprocessed(operation, left))


def _every_other(event_name: str, request: Any) -> AWSResponse:
    """Half of the statements; the others are throttled, or done and told of as if they were not."""
    asked = orjson.loads(request.body)["Statements"]
    request.body = orjson.dumps({"Statements": asked[: 2 * len(asked) // 3]})
    told = orjson.loads(botocore_stubber(event_name, request).content)["Responses"]
    told = told[: len(asked) // 3]
    unknown = [{"Error": {"Code": "InternalServerError"}}] * (len(asked) - len(told))
    return _answer(request, 200, {"Responses": told + unknown})


def _unprocessed(operation: str, left: dict[str, Any]) -> dict[str, Any]:
    return {"UnprocessedKeys" if operation == "BatchGetItem" else "UnprocessedItems": left}


def _answer(request: Any, status: int, body: dict[str, Any]) -> AWSResponse:
    headers = {"content-type": "application/x-amz-json-1.0"}
    return AWSResponse(request.url, status, headers, MockRawResponse(orjson.dumps(body)))


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    monkeypatch.setattr(botocore.endpoint.time, "sleep", lambda _: None)
    monkeypatch.setattr("millrace.profiles.seen.RING_IDS", 8)
    with mock_aws(), patch.object(*statements_fix()):
        yield Stage()


@pytest.fixture
def function(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    environment = stage.update.to_env() | {"WRITE_THREADS": "1"}
    return load("profiles/update", environment, monkeypatch)


def records(function: ModuleType, requests: list[Request]) -> list[dict[str, Any]]:
    return [
        {
            "kinesis": {
                "sequenceNumber": f"{number:05d}",
                "partitionKey": "p",
                "data": base64.b64encode(
                    seal_envelope(Envelope(events=one.events), function.vault)
                ).decode(),
            }
        }
        for number, one in enumerate(requests)
    ]


def deliver(function: ModuleType, batch: list[dict[str, Any]], tries: int = 60) -> None:
    """As the event source mapping does: again from the first record that is to be retried."""
    for _ in range(tries):
        try:
            failures = function.handler({"Records": batch}, None)["batchItemFailures"]
        except (Crash, Exception):
            continue
        if not failures:
            return
        first = min(one["itemIdentifier"] for one in failures)
        batch = [one for one in batch if one["kinesis"]["sequenceNumber"] >= first]
    raise AssertionError("a batch was never acknowledged")


def table_of(stage: Stage) -> Table:
    table = Table()
    for page in stage.dynamodb.get_paginator("scan").paginate(TableName="profiles"):
        for item in page["Items"]:
            key, name = item["pk"]["S"], item["sk"]["S"]
            if name != "root":
                block = IdBlock(stem=key, name=name, packed=item["ids"]["B"])
                table.blocks.setdefault(key, {})[name] = block
                continue
            table.rows[key] = Row(
                key=key,
                version=int(item["v"]["N"]),
                to=item.get("to", {}).get("S", ""),
                state=item.get("state", {}).get("B", b""),
            )
    return table


def lived(function: ModuleType, stage: Stage, seed: int, faults: int) -> tuple[Counter[str], int]:
    """Shops until so many faults were injected, each compared with its events in one go."""
    dice = random.Random(seed)
    chaos = Chaos(dice, 0.0)
    chaos.take_the_place_of_moto(function.dynamodb)
    deliver(function, records(function, [Shop(dice)._request()]))  # the vault makes its keys
    everything, events = 0, 0
    while everything < faults:
        for item in stage.items():
            stage.dynamodb.delete_item(
                TableName="profiles", Key={"pk": item["pk"], "sk": item["sk"]}
            )
        shop = Shop(dice, private_share=0)  # nobody is erased here, nor asked
        rules = ProfileRules(priorities=PRIORITIES, destinations=("klaviyo",))
        sent = [one for _ in range(30) for one in shop.requests(is_quiet=True)]
        chaos.rate = 0.3
        for first in range(0, len(sent), 5):
            deliver(function, records(function, sent[first : first + 5]))
            if dice.random() < 0.3:  # any earlier record again
                deliver(function, records(function, dice.sample(sent[: first + 5], 2)))
        chaos.rate = 0.0
        accepted = [event for one in sent for event in one.events]
        events += len(accepted)
        verdict, vault = Verdict(), function.vault
        found = table_of(stage)
        found.subjects = function.subjects
        expected = folded_in_one_go(accepted, rules, vault)
        compare(verdict, found, expected, accepted, rules, len(accepted), vault)
        assert verdict.is_clean, (seed, verdict)
        everything = chaos.counted.total()
    return chaos.counted, events


def test_over_moto_with_real_botocore_nothing_is_lost_or_doubled(
    function: ModuleType, stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    counted, _ = lived(function, stage, seed=1, faults=300)
    assert counted.keys() == set(KINDS)


@pytest.mark.slow
def test_over_moto_two_thousand_faults_lose_and_double_nothing(
    function: ModuleType, stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    counted, events = lived(function, stage, seed=2, faults=2_000)
    with capsys.disabled():
        print(f"\nover moto: {counted.total()} faults, {events} events, {dict(counted)}")  # noqa: T201
    assert counted.total() >= 2_000


def test_a_request_that_is_refused_never_reaches_moto(function: ModuleType, stage: Stage) -> None:
    """A hook beside moto's would answer, and moto would do the work all the same."""
    chaos = Chaos(random.Random(3), 0.0)
    chaos.take_the_place_of_moto(function.dynamodb)
    chaos.rate, chaos._draw = 1.0, lambda _: "throttle"  # type: ignore[method-assign]
    with pytest.raises(function.dynamodb.exceptions.ProvisionedThroughputExceededException):
        function.dynamodb.put_item(
            TableName="profiles", Item={"pk": {"S": "x"}, "sk": {"S": "root"}}
        )
    assert stage.items() == []
