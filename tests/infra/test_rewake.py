"""docs/runbooks/rewake.py, as on-call runs it, on moto's table and queues."""

import importlib.util
import json

import boto3
import moto
import msgspec
import pytest

from infra import ROOT
from millrace.activation import Wake
from tests.tables import create_table

PATH = ROOT / "docs" / "runbooks" / "rewake.py"
SPEC = importlib.util.spec_from_file_location("rewake", PATH)
rewake = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(rewake)


@pytest.fixture
def aws():
    with moto.mock_aws():
        dynamodb, sqs = boto3.client("dynamodb"), boto3.client("sqs")
        create_table(dynamodb, "profiles", "pk", "sk")
        yield dynamodb, sqs


def profile(dynamodb, key, **dirty):
    marks = {name: {"N": str(version)} for name, version in dirty.items()}
    item = {"pk": {"S": key}, "sk": {"S": "root"}, "dirty": {"M": marks}}
    dynamodb.put_item(TableName="profiles", Item=item)


def received(sqs, url):
    found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return sorted((json.loads(each["Body"]) for each in found), key=lambda wake: wake["key"])


def test_everybody_with_a_mark_is_woken_for_the_destination_it_names(aws):
    dynamodb, sqs = aws
    urls = {
        name: sqs.create_queue(QueueName=f"millrace-prod-{name}")["QueueUrl"]
        for name in ("klaviyo", "webhook")
    }
    profile(dynamodb, "i#user_id#a", klaviyo=3, webhook=4)
    profile(dynamodb, "i#user_id#b", klaviyo=1)
    profile(dynamodb, "i#user_id#c")
    dynamodb.put_item(
        TableName="profiles",
        Item={"pk": {"S": "i#email#d"}, "sk": {"S": "root"}, "to": {"S": "i#user_id#a"}},
    )
    assert rewake.rewake("profiles", "prod", dynamodb, sqs) == 3
    told = received(sqs, urls["klaviyo"])
    assert told == [
        {"destination": "klaviyo", "key": "i#user_id#a", "version": 3},
        {"destination": "klaviyo", "key": "i#user_id#b", "version": 1},
    ]
    assert [msgspec.convert(wake, Wake).version for wake in told] == [3, 1]
    assert [wake["version"] for wake in received(sqs, urls["webhook"])] == [4]
