"""One contract for the deliveries table and its fake; then what only the table can do wrong."""

from __future__ import annotations

from unittest.mock import patch

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError
from moto import mock_aws
from msgspec.structs import replace

from local.moto_statements import statements_fix
from millrace.activation import Delivery
from millrace.adapters.deliveries import DynamoDeliveries
from millrace.errors import NeedsHuman, RetryLater
from tests.fakes.deliveries import MemoryDeliveries
from tests.tables import create_table

TOLD = Delivery(digest="d1", version=7, at=1_795_348_800_000, receipt="job1")
REFUSED = Delivery(digest="d2", version=8, at=1_795_348_800_001, code="http_400")
KEY = "i#user_id#a"


def a_table():
    dynamodb = boto3.client("dynamodb", region_name="us-east-1")
    create_table(dynamodb, "deliveries")
    return dynamodb


@pytest.fixture(params=["memory", "moto"])
def deliveries(request):
    if request.param == "memory":
        yield MemoryDeliveries()
        return
    with mock_aws(), patch.object(*statements_fix()):
        yield DynamoDeliveries(table="deliveries", dynamodb=a_table())


def test_what_was_recorded_is_read(deliveries):
    deliveries.record("klaviyo", {KEY: TOLD, "i#user_id#b": REFUSED})
    found = deliveries.read_many("klaviyo", [KEY, "i#user_id#b", "i#user_id#c"])
    assert found == {KEY: TOLD, "i#user_id#b": REFUSED}


def test_the_newest_record_wins(deliveries):
    deliveries.record("klaviyo", {KEY: REFUSED})
    deliveries.record("klaviyo", {KEY: TOLD})
    assert deliveries.read_many("klaviyo", [KEY]) == {KEY: TOLD}


def test_a_record_is_replaced_where_it_is_still_as_it_was_read(deliveries):
    keys = [f"i#user_id#{n}" for n in range(30)]
    deliveries.record("klaviyo", dict.fromkeys(keys, REFUSED))
    deliveries.record("klaviyo", {keys[0]: TOLD, keys[1]: replace(REFUSED, at=1)})
    changes = dict.fromkeys([*keys, "i#user_id#forgotten"], (REFUSED, TOLD))
    assert set(deliveries.replace("klaviyo", changes)) == set(keys[2:])
    found = deliveries.read_many("klaviyo", changes)
    assert found == dict.fromkeys(keys, TOLD) | {keys[1]: replace(REFUSED, at=1)}
    assert set(deliveries.replace("klaviyo", {})) == set()


def test_destinations_are_apart(deliveries):
    deliveries.record("klaviyo", {KEY: TOLD})
    assert deliveries.read_many("webhook", [KEY]) == {}


def test_nobody_asked_for_is_nobody_found(deliveries):
    deliveries.record("klaviyo", {})
    assert deliveries.read_many("klaviyo", []) == {}


def test_a_key_asked_for_twice_is_read_once(deliveries):
    deliveries.record("klaviyo", {KEY: TOLD})
    assert deliveries.read_many("klaviyo", [KEY, KEY]) == {KEY: TOLD}


def test_more_people_than_one_call_takes(deliveries):
    many = {f"i#user_id#{n}": Delivery(digest=str(n), version=n, at=n) for n in range(260)}
    deliveries.record("klaviyo", many)
    assert deliveries.read_many("klaviyo", list(many)) == many


class HalfDeaf:
    """A client that leaves the last half of each batch unprocessed; asked enough, it does all."""

    def __init__(self, client):
        self._client = client
        self.calls = 0

    def batch_get_item(self, RequestItems):  # noqa: N803
        ((table, asked),) = RequestItems.items()
        half = (len(asked["Keys"]) + 1) // 2
        self.calls += 1
        answer = self._client.batch_get_item(
            RequestItems={table: {**asked, "Keys": asked["Keys"][:half]}}
        )
        rest = asked["Keys"][half:]
        return {**answer, "UnprocessedKeys": {table: {**asked, "Keys": rest}} if rest else {}}

    def batch_write_item(self, RequestItems):  # noqa: N803
        ((table, puts),) = RequestItems.items()
        half = (len(puts) + 1) // 2
        self.calls += 1
        self._client.batch_write_item(RequestItems={table: puts[:half]})
        return {"UnprocessedItems": {table: puts[half:]} if puts[half:] else {}}


@mock_aws
def test_what_the_table_leaves_over_is_asked_for_again():
    client, waits = HalfDeaf(a_table()), []
    deliveries = DynamoDeliveries(table="deliveries", dynamodb=client, sleep=waits.append)
    many = {f"i#user_id#{n}": Delivery(digest=str(n), version=n, at=n) for n in range(10)}
    deliveries.record("klaviyo", many)
    assert deliveries.read_many("klaviyo", list(many)) == many
    assert client.calls > 2
    assert waits == sorted(waits[:3]) + sorted(waits[3:])


@mock_aws
def test_a_table_that_never_finishes_is_asked_later():
    client = HalfDeaf(a_table())
    deliveries = DynamoDeliveries(table="deliveries", dynamodb=client, sleep=lambda _: None)
    many = {f"i#user_id#{n}": TOLD for n in range(100)}
    with pytest.raises(RetryLater, match="deliveries_unavailable"):
        deliveries.read_many("klaviyo", list(many))


class Broken:
    def __init__(self, error):
        self._error = error

    def batch_get_item(self, **_):
        raise self._error

    batch_write_item = batch_execute_statement = batch_get_item


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ClientError({"Error": {"Code": "ThrottlingException"}}, "x"), RetryLater),
        (ConnectTimeoutError(endpoint_url="https://dynamodb"), RetryLater),
        (ClientError({"Error": {"Code": "AccessDeniedException"}}, "x"), NeedsHuman),
    ],
)
def test_a_table_that_does_not_answer_says_what_to_do(error, expected):
    deliveries = DynamoDeliveries(table="deliveries", dynamodb=Broken(error))
    with pytest.raises(expected):
        deliveries.read_many("klaviyo", [KEY])
    with pytest.raises(expected):
        deliveries.record("klaviyo", {KEY: TOLD})
    with pytest.raises(expected):
        deliveries.replace("klaviyo", {KEY: (REFUSED, TOLD)})


class Answering:
    def __init__(self, *codes):
        self._codes = codes

    def batch_execute_statement(self, **_):
        return {"Responses": [{"Error": {"Code": code}} if code else {} for code in self._codes]}


def test_a_record_that_may_not_have_been_replaced_counts_as_not_replaced():
    dynamodb = Answering("", "ThrottlingError", "ConditionalCheckFailed")
    deliveries = DynamoDeliveries(table="deliveries", dynamodb=dynamodb)
    changes = dict.fromkeys("abc", (REFUSED, TOLD))
    assert deliveries.replace("klaviyo", changes) == {"a"}


def test_a_table_that_refuses_one_statement_needs_a_person():
    deliveries = DynamoDeliveries(table="deliveries", dynamodb=Answering("AccessDenied"))
    with pytest.raises(NeedsHuman, match="deliveries_refused"):
        deliveries.replace("klaviyo", {KEY: (REFUSED, TOLD)})
