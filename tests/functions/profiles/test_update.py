"""The unmodified handler of profiles/update over moto."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from types import ModuleType
from typing import Any
from unittest.mock import patch

import pytest
from moto import mock_aws

from local.moto_statements import statements_fix
from millrace.events import Envelope, Event, seal_envelope
from tests.core.profiles.stories import event
from tests.functions.profiles.stage import Stage, load


@pytest.fixture
def stage() -> Iterator[Stage]:
    with mock_aws(), patch.object(*statements_fix()):
        yield Stage()


@pytest.fixture
def function(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    return load("profiles/update", stage.update.to_env(), monkeypatch)


def invoke(function: ModuleType, *events: Event, extra: bytes | None = None) -> dict[str, Any]:
    datas = [seal_envelope(Envelope(events=(one,)), function.vault) for one in events]
    datas += [extra] if extra else []
    records = [
        {
            "kinesis": {
                "sequenceNumber": str(number),
                "partitionKey": "p",
                "data": base64.b64encode(data).decode(),
                "approximateArrivalTimestamp": 1_780_000_000.5,
            }
        }
        for number, data in enumerate(datas)
    ]
    return function.handler({"Records": records}, None)  # type: ignore[no-any-return]


def told(output: str) -> dict[str, Any]:
    """The metrics of the EMF line."""
    [line] = [json.loads(line) for line in output.splitlines() if "_aws" in line]
    names = [metric["Name"] for metric in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]]
    return {name: line[name][0] for name in names}


def test_events_become_rows_and_counts(
    function: ModuleType, stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    anonymous = [event(f"m{at}", anonymous="a1", at=at) for at in range(50)]
    login = event("m99", user="ann", anonymous="a1", email="ann@x.com", kind="identify", at=60)
    assert invoke(function, *anonymous) == {"batchItemFailures": []}
    counts = told(capsys.readouterr().out)
    assert counts.pop("FreshnessSeconds") > 0
    assert counts == {"EventsApplied": 50}
    assert invoke(function, *anonymous[:5], login) == {"batchItemFailures": []}
    counts = told(capsys.readouterr().out)
    assert (counts["EventsApplied"], counts["EventsDuplicate"]) == (1, 5)
    rows = {item["pk"]["S"].split("#")[1]: item for item in stage.items()}
    root = rows["user_id"]
    assert root["dirty"]["M"] == {"klaviyo": {"N": "1"}}
    assert rows["email"]["to"] == rows["anonymous_id"]["to"] == root["pk"]
    assert b"ann@x.com" not in repr(stage.items()).encode()


def test_the_same_batch_again_changes_no_item(function: ModuleType, stage: Stage) -> None:
    batch = [event(f"m{at}", user=f"u{at % 3}", at=at) for at in range(30)]
    invoke(function, *batch)
    before = stage.items()
    invoke(function, *batch)
    assert stage.items() == before


def test_a_record_that_is_none_of_ours_is_kept_in_s3_and_acknowledged(
    function: ModuleType, stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    assert invoke(function, event("m1", user="ann"), extra=b"junk") == {"batchItemFailures": []}
    assert told(capsys.readouterr().out)["EventsFailed"] == 1
    [kept] = stage.s3.list_objects_v2(Bucket="failed")["Contents"]
    document = json.loads(stage.s3.get_object(Bucket="failed", Key=kept["Key"])["Body"].read())
    assert (document["stage"], document["code"]) == ("profiles/update", "unreadable")


def test_a_table_that_refuses_writes_makes_the_records_come_again(
    function: ModuleType, stage: Stage
) -> None:
    def refuse(**_: Any) -> None:
        from botocore.exceptions import ReadTimeoutError

        raise ReadTimeoutError(endpoint_url="https://dynamodb")

    function.vault.seal(b"", context="the vault makes its keys")
    function.vault.token("user_id", "the vault makes its keys")
    events = function.dynamodb.meta.events
    events.register("before-parameter-build.dynamodb.PutItem", refuse)
    assert invoke(function, event("m1", user="ann"), event("m2", user="bob")) == {
        "batchItemFailures": [{"itemIdentifier": "0"}, {"itemIdentifier": "1"}]
    }
    events.unregister("before-parameter-build.dynamodb.PutItem", refuse)
    assert invoke(function, event("m1", user="ann"), event("m2", user="bob")) == {
        "batchItemFailures": []
    }
    assert len(stage.items()) == 2
