"""One person's rows out of the lake: by day, page by page, in AWS and in memory alike."""

from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from millrace.adapters.lake import S3Lake
from millrace.adapters.lake_reader import S3LakeReader
from millrace.clock import DAY_MS
from millrace.errors import RetryLater
from millrace.lake import EVENTS, Row
from millrace.lake.files import files_of
from tests.fakes.lake import MemoryLake
from tests.fakes.lake_reader import MemoryLakeReader

DAY = 1_780_000_000_000


@pytest.fixture(autouse=True)
def _credentials(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")


@pytest.fixture(params=["s3", "memory"])
def lake(request):
    """(writer, reader)"""
    if request.param == "memory":
        memory = MemoryLake()
        yield memory, MemoryLakeReader(memory)
        return
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="lake")
        yield S3Lake(bucket="lake", s3=s3), S3LakeReader(bucket="lake", s3=s3)


def row(number: int, subject: str = "ada", at: int = DAY) -> Row:
    return Row(
        event_id=f"e{number}",
        source="web",
        type="track",
        event="Product Viewed",
        subject=subject,
        event_at=at,
        received_at=at,
        sealed=b"sealed",
    )


def written(lake, *rows: Row) -> None:
    files = files_of(EVENTS, rows, at=lambda r: r.received_at, id_=lambda r: r.event_id)
    for key, members in files.items():
        lake[0].write(key, members, EVENTS)


def found(lake, *subjects: str, since: int = 0) -> list[str]:
    rows = lake[1].rows(EVENTS, "subject", subjects, since)
    return sorted(str(each["event_id"]) for each in rows)


def test_only_the_rows_asked_for_are_found(lake):
    written(lake, row(1), row(2, "bob"), row(3, "eve"))
    assert found(lake, "ada", "eve") == ["e1", "e3"]
    assert found(lake, "nobody") == []
    assert found(lake) == []


def test_a_row_has_every_field_it_was_written_with(lake):
    written(lake, row(1))
    (only,) = lake[1].rows(EVENTS, "subject", ["ada"], 0)
    assert {name: only[name] for name, _ in EVENTS.columns} == {
        name: getattr(row(1), name) for name, _ in EVENTS.columns
    }


def test_days_before_the_first_are_left_out_and_the_first_is_whole(lake):
    written(lake, row(1, at=DAY - DAY_MS), row(2, at=DAY), row(3, at=DAY + DAY_MS))
    assert found(lake, "ada", since=DAY + 1) == ["e2", "e3"]


def test_an_empty_lake_holds_nobody(lake):
    assert found(lake, "ada") == []


@mock_aws
def test_a_lake_of_more_files_than_one_page_is_read_to_its_end():
    s3 = boto3.client("s3", region_name="us-east-1")
    s3.create_bucket(Bucket="lake")
    pair = S3Lake(bucket="lake", s3=s3), S3LakeReader(bucket="lake", s3=_Paged(s3))
    written(pair, *(row(number, at=DAY + number * DAY_MS) for number in range(5)))
    assert found(pair, "ada") == ["e0", "e1", "e2", "e3", "e4"]


def test_a_bucket_that_does_not_answer_is_a_matter_of_time():
    with pytest.raises(RetryLater, match="lake_unavailable"):
        list(S3LakeReader(bucket="b", s3=_Broken()).rows(EVENTS, "subject", ["ada"], 0))


class _Paged:
    """Two keys a page."""

    def __init__(self, s3) -> None:
        self._s3 = s3
        self.get_object = s3.get_object

    def list_objects_v2(self, **request):
        return self._s3.list_objects_v2(**request, MaxKeys=2)


class _Broken:
    def list_objects_v2(self, **_request):
        raise ClientError({"Error": {"Code": "SlowDown"}}, "ListObjectsV2")
