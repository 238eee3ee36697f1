"""What retention reads and deletes: in DynamoDB as in memory."""

from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from millrace.activation import Delivery
from millrace.adapters.attic import DynamoAttic
from millrace.adapters.deliveries import DynamoDeliveries
from millrace.adapters.profiles import DynamoProfiles
from millrace.errors import RetryLater
from millrace.profiles.model import IdBlock, Row, Write
from millrace.profiles.rules import ReadRules
from tests.fakes.attic import MemoryAttic
from tests.fakes.deliveries import MemoryDeliveries
from tests.fakes.profiles import MemoryProfiles
from tests.fakes.subjects import MemorySubjects
from tests.fakes.vault import MemoryVault
from tests.tables import create_table


@pytest.fixture(autouse=True)
def _credentials(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")


@pytest.fixture(params=["memory", "moto"])
def places(request):
    """(attic, profiles, deliveries)"""
    if request.param == "memory":
        profiles, deliveries = MemoryProfiles(), MemoryDeliveries()
        yield MemoryAttic(profiles, deliveries), profiles, deliveries
        return
    with mock_aws():
        dynamodb = boto3.client("dynamodb", region_name="us-east-1")
        for name, keys in (("profiles", ("pk", "sk")), ("deliveries", ("pk",))):
            create_table(dynamodb, name, *keys)
        yield (
            DynamoAttic(
                profiles_table="profiles",
                deliveries_table="deliveries",
                destinations=["klaviyo", "webhook"],
                dynamodb=dynamodb,
            ),
            DynamoProfiles(
                table="profiles",
                dynamodb=dynamodb,
                vault=MemoryVault(),
                subjects=MemorySubjects(),
                rules=ReadRules(priorities={}),
            ),
            DynamoDeliveries(table="deliveries", dynamodb=dynamodb),
        )


def block(number: int) -> IdBlock:
    return IdBlock(stem="i#user_id#a", name=f"D#{number:013d}#x", packed=b"ids")


def test_every_row_is_on_some_page_and_no_id_block_is(places):
    attic, profiles, _ = places
    for number in range(5):
        key = f"i#user_id#{number}"
        profiles.write(Write(key=key, expected=0, row=Row(key=key, version=1, state=b"s")))
    profiles.keep_ids([block(1)])
    rows, cursor = attic.page(None)
    while cursor:
        more, cursor = attic.page(cursor)
        rows += more
    assert sorted(row.key for row in rows) == [f"i#user_id#{number}" for number in range(5)]


def test_the_cursor_is_what_was_kept_last(places):
    attic = places[0]
    assert attic.cursor() is None
    attic.keep_cursor({"pk": {"S": "i#user_id#a"}, "sk": {"S": "root"}})
    assert attic.cursor() == {"pk": {"S": "i#user_id#a"}, "sk": {"S": "root"}}
    attic.keep_cursor(None)
    assert attic.cursor() is None


def test_exactly_the_named_blocks_are_dropped_however_often(places):
    attic, profiles, _ = places
    profiles.keep_ids([block(number) for number in range(30)])
    for _ in "ab":
        attic.drop_ids([block(number) for number in range(29)])
    assert profiles.read_ids("i#user_id#a", 0) == [block(29)]


def test_what_every_destination_was_told_of_somebody_is_dropped_and_nothing_else(places):
    attic, _, deliveries = places
    told = Delivery(digest="d", version=1, at=1)
    for name in ("klaviyo", "webhook"):
        deliveries.record(name, {"i#user_id#a": told, "i#user_id#b": told})
    attic.drop_deliveries(["i#user_id#a", "i#user_id#never"])
    for name in ("klaviyo", "webhook"):
        assert set(deliveries.read_many(name, ["i#user_id#a", "i#user_id#b"])) == {"i#user_id#b"}


def test_who_was_told_of_any_of_somebodys_rows_is_known_and_who_was_not(places):
    attic, _, deliveries = places
    assert attic.told(["i#user_id#a"]) == []
    deliveries.record("webhook", {"i#user_id#b": Delivery(digest="", version=1, at=1)})
    assert attic.told(["i#user_id#a", "i#user_id#b"]) == ["webhook"]
    assert attic.told(["i#user_id#a"]) == []


def test_a_table_that_does_not_answer_is_a_matter_of_time():
    class Broken:
        def batch_write_item(self, **_request):
            raise ClientError({"Error": {"Code": "ThrottlingException"}}, "BatchWriteItem")

    attic = DynamoAttic(
        profiles_table="p", deliveries_table="d", destinations=["x"], dynamodb=Broken()
    )
    with pytest.raises(RetryLater, match="attic_unavailable"):
        attic.drop_deliveries(["i#user_id#a"])
