"""One contract for the lake's files of events, and one for subjects by their pseudonym."""

from __future__ import annotations

from types import SimpleNamespace

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from millrace.adapters.clock import SystemRandomness
from millrace.adapters.lake import S3Lake
from millrace.adapters.lake_files import S3LakeFiles
from millrace.adapters.pseudonyms import INDEX, DynamoPseudonyms
from millrace.adapters.subjects import DynamoSubjects
from millrace.clock import DAY_MS, HOUR_MS
from millrace.errors import GiveUp, RetryLater
from millrace.lake import EVENTS, Row
from millrace.lake.files import files_of
from tests.fakes.lake import MemoryLake
from tests.fakes.lake_reader import MemoryLakeFiles
from tests.fakes.subjects import MemorySubjects
from tests.fakes.vault import MemoryVault

DAY = 1_795_305_600_000
ANN, BOB = "i#user_id#ann", "i#email#bob"


@pytest.fixture(params=["s3", "memory"])
def lake(request):
    """A writer, and what a replay reads; `break_` makes a file something else."""
    if request.param == "memory":
        memory = MemoryLake()
        files = MemoryLakeFiles(memory)
        yield SimpleNamespace(write=memory.write, files=files, break_=files.broken.add)
        return
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="lake")
        yield SimpleNamespace(
            write=S3Lake(bucket="lake", s3=s3).write,
            files=S3LakeFiles(bucket="lake", s3=s3),
            break_=lambda key: s3.put_object(Bucket="lake", Key=key, Body=b"no Parquet"),
        )


def written(lake, *moments: int) -> None:
    rows = [
        Row(event_id=f"e{at}", source="web", type="track", event="x", subject="s",
            event_at=at, received_at=at, sealed=b"sealed")
        for at in moments
    ]  # fmt: skip
    files = files_of(EVENTS, rows, at=lambda r: r.received_at, id_=lambda r: r.event_id)
    for key, members in files.items():
        lake.write(key, members, EVENTS)


def test_hours_come_in_their_order_and_only_those_that_touch_the_span(lake):
    moments = [DAY + 23 * HOUR_MS, DAY + DAY_MS, DAY + DAY_MS + HOUR_MS, DAY]
    written(lake, *moments)

    def hours(since, until):
        return [key.partition("/")[2].rpartition("/")[0] for key in lake.files.keys(since, until)]

    everything = hours(None, None)
    assert everything == sorted(everything)
    assert len(everything) == 4
    assert hours(DAY + 23 * HOUR_MS + 5, None) == everything[1:]
    assert hours(None, DAY + DAY_MS) == everything[:2]
    assert hours(DAY + 1, DAY + DAY_MS + 1) == everything[:3]


def test_a_row_has_what_a_replay_needs(lake):
    written(lake, DAY + 7)
    (key,) = lake.files.keys(None, None)
    (row,) = lake.files.read(key)
    assert (row.event_id, row.source, row.subject) == (f"e{DAY + 7}", "web", "s")
    assert (row.received_at, row.sealed) == (DAY + 7, b"sealed")


def test_what_is_gone_is_none_and_what_is_not_ours_is_given_up(lake):
    assert lake.files.read("events/day=2026-11-22/hour=00/none.parquet") is None
    written(lake, DAY)
    (key,) = lake.files.keys(None, None)
    lake.break_(key)
    with pytest.raises(GiveUp, match="unreadable_file"):
        lake.files.read(key)


@mock_aws
def test_of_one_hour_the_file_that_was_written_first_comes_first():
    s3 = boto3.client("s3", region_name="us-east-1")
    found = [("b", 1), ("a", 2), ("c", 3)]
    pages = [{"Contents": [{"Key": f"events/h/{name}.parquet", "LastModified": at}]}
             for name, at in found]  # fmt: skip
    s3.get_paginator = lambda _: SimpleNamespace(paginate=lambda **_: pages)
    keys = S3LakeFiles(bucket="lake", s3=s3).keys(None, None)
    assert keys == [f"events/h/{name}.parquet" for name, _ in found]


def test_a_bucket_that_does_not_answer_is_a_matter_of_time():
    def refuse(**_):
        raise ClientError({"Error": {"Code": "SlowDown"}}, "GetObject")

    files = S3LakeFiles(bucket="b", s3=SimpleNamespace(get_object=refuse))
    with pytest.raises(RetryLater, match="lake_unavailable"):
        files.read("k")


@pytest.fixture(params=["dynamo", "memory"])
def people(request):
    """Subjects, and the same by pseudonym."""
    if request.param == "memory":
        subjects = MemorySubjects()
        yield subjects, subjects
        return
    with mock_aws():
        dynamodb = boto3.client("dynamodb", region_name="us-east-1")
        dynamodb.create_table(
            TableName="subjects",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": "S"} for name in ("pk", "pseudonym")
            ],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": INDEX,
                    "KeySchema": [{"AttributeName": "pseudonym", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "KEYS_ONLY"},
                }
            ],
            BillingMode="PAY_PER_REQUEST",
        )
        subjects = DynamoSubjects(
            table="subjects", dynamodb=dynamodb, vault=MemoryVault(), randomness=SystemRandomness()
        )
        yield subjects, DynamoPseudonyms(table="subjects", dynamodb=dynamodb, subjects=subjects)


def test_a_pseudonym_finds_its_subject_and_an_unknown_one_nobody(people):
    subjects, pseudonyms = people
    made = subjects.keys([ANN, BOB])
    found = pseudonyms.named({made[ANN].pseudonym, made[BOB].pseudonym, "of nobody"})
    assert {name: one.stem for name, one in found.items()} == {
        made[ANN].pseudonym: ANN,
        made[BOB].pseudonym: BOB,
    }
    sealed = made[ANN].key.seal(b"x", field="f")
    assert found[made[ANN].pseudonym].key.open(sealed, field="f") == b"x"


def test_whoever_was_erased_is_found_no_more_not_even_when_known_before(people):
    subjects, pseudonyms = people
    name = subjects.keys([ANN])[ANN].pseudonym
    assert name in pseudonyms.named([name])
    subjects.erase([ANN], since=1, erased_at=1)
    assert pseudonyms.named([name]) == {}
    subjects.renew(subjects.read([ANN])[ANN], 5)
    assert pseudonyms.named([name]) == {}, "the next epoch is another subject to the lake"
