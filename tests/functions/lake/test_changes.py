"""The unmodified handler of lake/changes over moto, fed with records as Lambda hands them over."""

from __future__ import annotations

import base64
import json
from types import ModuleType
from typing import Any

import boto3
import duckdb
import pytest
from moto import mock_aws

from millrace.adapters.clock import SystemRandomness
from millrace.adapters.subjects import DynamoSubjects
from millrace.errors import NeedsHuman
from millrace.lake import open_value
from millrace.profiles.encoding import seal_person
from millrace.profiles.keyring import Keyring
from millrace.profiles.model import Candidate, Person, Stem
from millrace.settings import LakeChangesSettings
from tests.functions.activation.stage import log_of
from tests.functions.profiles.stage import load

NOON = 1_795_348_800_000  # 2026-11-22T12:00:00Z
ADA = "i#user_id#ada"


@pytest.fixture
def s3():
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket="lake")
        boto3.client("dynamodb").create_table(
            TableName="subjects",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield client


@pytest.fixture
def function(s3, monkeypatch) -> ModuleType:
    settings = LakeChangesSettings(
        stage="test",
        subjects_table="subjects",
        key_arn=boto3.client("kms").create_key()["KeyMetadata"]["Arn"],
        lake_bucket="lake",
        source_priorities={"crm": 90},
    )
    return load("lake/changes", settings.to_env(), monkeypatch)


def sealed(person: Person, function: ModuleType) -> bytes:
    subjects = DynamoSubjects(
        table="subjects",
        dynamodb=function.dynamodb,
        vault=function.vault,
        randomness=SystemRandomness(),
    )
    return seal_person(person, ADA, function.vault, Keyring(subjects.keys))


def key_of(function: ModuleType) -> Any:
    return function.subjects.read([ADA])[ADA].key


def an_image(function: ModuleType, version: int, plan: str) -> dict:
    candidate = Candidate(NOON, b"event", json.dumps(plan).encode())
    stem = Stem(key=ADA, identifiers={ADA: ("ada", NOON)}, traits={"plan": {"crm": (candidate,)}})
    person = Person(keys=(ADA,), stems=(stem,), committed_at=NOON + version)
    state = base64.b64encode(sealed(person, function)).decode()
    return {
        "pk": {"S": ADA},
        "sk": {"S": "root"},
        "v": {"N": str(version)},
        "state": {"B": state},
        "dirty": {"M": {}},
    }


def a_record(new: dict | None, old: dict | None = None) -> dict:
    image = new or old
    change = {
        "Keys": {"pk": image["pk"], "sk": image["sk"]},
        "SequenceNumber": "1",
        "ApproximateCreationDateTime": NOON / 1000,
    }
    change |= {"NewImage": new} if new else {}
    change |= {"OldImage": old} if old else {}
    return {"eventSource": "aws:dynamodb", "dynamodb": change}


def rows(s3, tmp_path) -> list[dict]:
    for each in s3.list_objects_v2(Bucket="lake").get("Contents", []):
        path = tmp_path / each["Key"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(s3.get_object(Bucket="lake", Key=each["Key"])["Body"].read())
    with duckdb.connect() as connection:
        found = connection.execute(
            f"select * from read_parquet('{tmp_path}/profile_changes/*/*/*.parquet') "
            "order by version, change"
        )
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def test_what_became_of_a_row_is_in_the_lake(s3, function, tmp_path):
    first, second = an_image(function, 1, "pro"), an_image(function, 2, "free")
    alias = {"pk": {"S": "i#email#ada"}, "sk": {"S": "root"}, "v": {"N": "1"}, "to": {"S": ADA}}
    alias["at"] = {"N": str(NOON)}
    block = {"pk": {"S": ADA}, "sk": {"S": "D#0#0"}, "ids": {"B": ""}}
    records = [a_record(first), a_record(second, first), a_record(alias), a_record(block)]
    assert function.handler({"Records": records}, None) == {"batchItemFailures": []}
    found = rows(s3, tmp_path)
    assert [(row["key"], row["version"], row["change"], row["name"]) for row in found] == [
        (ADA, 1, "identifier_added", ADA),
        ("i#email#ada", 1, "joined", ADA),
        (ADA, 1, "trait_set", "plan"),
        (ADA, 2, "trait_set", "plan"),
    ]
    opened = [
        open_value(row["sealed"], ADA, key_of(function)).value for row in found if row["sealed"]
    ]
    assert opened == [b'"pro"', b'"free"']
    assert (found[2]["old_digest"], bool(found[3]["old_digest"])) == ("", True)


def test_a_row_that_cannot_be_opened_is_one_log_line_and_no_failure(s3, function, tmp_path):
    broken = an_image(function, 1, "pro") | {"pk": {"S": "i#user_id#bob"}}
    with log_of(function) as log:
        answer = function.handler(
            {"Records": [a_record(broken), a_record(an_image(function, 1, "pro"))]}, None
        )
    assert answer == {"batchItemFailures": []}
    assert len(rows(s3, tmp_path)) == 2
    assert json.loads(log.getvalue())["rows"] == 1


def test_a_missing_bucket_fails_the_batch(s3, function):
    s3.delete_bucket(Bucket="lake")
    with log_of(function), pytest.raises(NeedsHuman, match="lake_refused"):
        function.handler({"Records": [a_record(an_image(function, 1, "pro"))]}, None)
