"""The unmodified handler of lake/changes over moto, fed with records as Lambda hands them over."""

from __future__ import annotations

import base64
import json
from types import ModuleType

import pytest

from millrace.adapters.clock import SystemRandomness
from millrace.adapters.subjects import DynamoSubjects
from millrace.errors import NeedsHuman
from millrace.lake import open_value
from millrace.profiles.encoding import seal_person
from millrace.profiles.keyring import Keyring
from millrace.profiles.model import Candidate, Person, Stem
from millrace.settings import LakeChangesSettings
from tests.functions.activation.stage import log_of
from tests.functions.lake.stage import NOON, function_of, query, stage, subject_of

ADA = "i#user_id#ada"
MAIL = "i#email#ada"
ROWS = "select * from profile_changes order by version, change"


@pytest.fixture
def s3():
    with stage() as lake:
        yield lake


@pytest.fixture
def function(s3, monkeypatch) -> ModuleType:
    return function_of(
        "lake/changes", LakeChangesSettings, monkeypatch, source_priorities={"crm": 90}
    )


def sealed(person: Person, function: ModuleType) -> bytes:
    subjects = DynamoSubjects(
        table="subjects",
        dynamodb=function.dynamodb,
        vault=function.vault,
        randomness=SystemRandomness(),
    )
    return seal_person(person, ADA, function.vault, Keyring(subjects.keys))


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


def test_what_became_of_a_row_is_in_the_lake(s3, function, tmp_path):
    first, second = an_image(function, 1, "pro"), an_image(function, 2, "free")
    alias = {"pk": {"S": MAIL}, "sk": {"S": "root"}, "v": {"N": "1"}, "to": {"S": ADA}}
    alias["at"] = {"N": str(NOON)}
    block = {"pk": {"S": ADA}, "sk": {"S": "D#0#0"}, "ids": {"B": ""}}
    records = [a_record(first), a_record(second, first), a_record(alias), a_record(block)]
    assert function.handler({"Records": records}, None) == {"batchItemFailures": []}
    found = query(s3, tmp_path, "profile_changes", ROWS)
    ada, mail = (subject_of(function, key) for key in (ADA, MAIL))
    assert [(row["person"], row["version"], row["change"], row["name"]) for row in found] == [
        (ada.pseudonym, 1, "identifier_added", ada.pseudonym),
        (mail.pseudonym, 1, "joined", ada.pseudonym),
        (ada.pseudonym, 1, "trait_set", "plan"),
        (ada.pseudonym, 2, "trait_set", "plan"),
    ]
    opened = [
        open_value(row["sealed"], ada.pseudonym, ada.key).value for row in found if row["sealed"]
    ]
    assert opened == [b'"pro"', b'"free"']


def test_a_row_that_cannot_be_opened_is_one_log_line_and_no_failure(s3, function, tmp_path):
    broken = an_image(function, 1, "pro") | {"pk": {"S": "i#user_id#bob"}}
    with log_of(function) as log:
        answer = function.handler(
            {"Records": [a_record(broken), a_record(an_image(function, 1, "pro"))]}, None
        )
    assert answer == {"batchItemFailures": []}
    assert len(query(s3, tmp_path, "profile_changes", ROWS)) == 2
    assert json.loads(log.getvalue())["rows"] == 1


def test_a_missing_bucket_fails_the_batch(s3, function):
    s3.delete_bucket(Bucket="lake")
    with log_of(function), pytest.raises(NeedsHuman, match="lake_refused"):
        function.handler({"Records": [a_record(an_image(function, 1, "pro"))]}, None)
