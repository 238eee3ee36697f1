"""The unmodified handler of lake/write over moto; DuckDB reads what it wrote."""

from __future__ import annotations

import base64
import json
from types import ModuleType

import pytest

from millrace.errors import NeedsHuman
from millrace.events import Envelope, Event, Identifier, seal_envelope
from millrace.lake import open_event
from millrace.settings import LakeWriteSettings
from tests.functions.activation.stage import log_of
from tests.functions.lake import stage as lake_stage
from tests.functions.lake.stage import NOON, function_of, subject_of


@pytest.fixture
def s3():
    with lake_stage.stage() as lake:
        yield lake


@pytest.fixture
def function(s3, monkeypatch) -> ModuleType:
    return function_of("lake/write", LakeWriteSettings, monkeypatch)


def an_event(number: int) -> Event:
    anchor = Identifier("user_id", f"user-{number % 10}")
    return Event(
        message_id=f"message-{number}",
        type="track",
        source="website",
        event_at=NOON + number,
        received_at=NOON + number * 60_000,
        anchor=anchor,
        identifiers=(anchor,),
        name="Order Completed" if number % 2 else "Product Added",
        properties={"revenue": number, "currency": "EUR"},
        context={"ip": "203.0.113.7"},
    )


def invoke(function: ModuleType, *datas: bytes) -> dict:
    records = [
        {
            "kinesis": {
                "sequenceNumber": str(n),
                "partitionKey": "p",
                "data": base64.b64encode(data).decode(),
                "approximateArrivalTimestamp": NOON / 1000,
            }
        }
        for n, data in enumerate(datas)
    ]
    return function.handler({"Records": records}, None)


def sealed(function: ModuleType, *numbers: int) -> bytes:
    events = tuple(an_event(n) for n in numbers)
    return seal_envelope(Envelope(events=events), function.vault)


def query(s3, folder, sql: str) -> list[tuple]:
    return [tuple(row.values()) for row in lake_stage.query(s3, folder, "events", sql)]


def test_events_are_rows_that_sql_counts(s3, function, tmp_path, capsys):
    assert invoke(function, *(sealed(function, n, n + 1) for n in range(0, 100, 2))) == {
        "batchItemFailures": []
    }
    sql = "select event, count(*), sum(revenue) from events group by 1 order by 1"
    assert query(s3, tmp_path, sql) == [
        ("Order Completed", 50, 2500.0),
        ("Product Added", 50, 2450.0),
    ]
    hours = query(s3, tmp_path, "select day, hour, count(*) from events group by all order by 2")
    assert [(str(day), int(hour), n) for day, hour, n in hours] == [
        ("2026-11-22", 12, 60),
        ("2026-11-22", 13, 40),
    ]
    (line,) = [json.loads(each) for each in capsys.readouterr().out.splitlines()]
    assert line["LakeRows"] == [100.0]


def test_the_same_batch_again_changes_nothing(s3, function, tmp_path):
    batch = [sealed(function, n) for n in range(20)]
    for _ in range(2):
        invoke(function, *batch)
    assert len(s3.list_objects_v2(Bucket="lake")["Contents"]) == 1
    assert query(s3, tmp_path, "select count(*), count(distinct event_id) from events") == [
        (20, 20)
    ]


def stem_of(function, event):
    return f"i#{event.anchor.kind}#{function.vault.token(event.anchor.kind, event.anchor.value)}"


def test_a_row_opens_to_the_whole_event(s3, function, tmp_path):
    invoke(function, sealed(function, 7))
    ((blob,),) = query(s3, tmp_path, "select sealed from events")
    subject = subject_of(function, stem_of(function, an_event(7)))
    assert open_event(blob, subject.key) == an_event(7)
    assert b"user-7" not in blob


def test_an_unreadable_record_is_one_log_line_and_no_failure(s3, function, tmp_path, capsys):
    with log_of(function) as log:
        result = invoke(function, b"junk of ada@example.com", sealed(function, 1))
    assert result == {"batchItemFailures": []}
    assert query(s3, tmp_path, "select count(*) from events") == [(1,)]
    assert "EventsFailed" not in capsys.readouterr().out
    assert "ada@example.com" not in log.getvalue()
    (line,) = [json.loads(each) for each in log.getvalue().splitlines()]
    assert line["records"] == 1


def test_a_missing_bucket_fails_the_batch(s3, function):
    s3.delete_bucket(Bucket="lake")
    with log_of(function) as log, pytest.raises(NeedsHuman, match="lake_refused"):
        invoke(function, sealed(function, 1))
    assert "lake_refused" in log.getvalue()
