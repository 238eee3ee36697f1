"""What we replaced in moto answers as moto does."""

from __future__ import annotations

import sys
import threading

import pytest
from botocore.exceptions import ClientError
from moto.kinesis.models import Shard

from local.clock import LocalClock
from local.cloud import ENVIRONMENT, Cloud, moto_running, only_environment


@pytest.fixture
def cloud():
    with only_environment(ENVIRONMENT), moto_running(LocalClock(1_000_000), 7):
        yield Cloud()


@pytest.fixture(params=["with a range key", "with a hash key"])
def table(request, cloud):
    names = ("pk", "sk") if request.param == "with a range key" else ("pk",)
    client = cloud.client("dynamodb")
    client.create_table(
        TableName="t",
        KeySchema=[
            {"AttributeName": name, "KeyType": kind}
            for name, kind in zip(names, ("HASH", "RANGE"), strict=False)
        ],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    return lambda pk, **more: {name: {"S": pk} for name in names} | more


def put(item):
    return {"Put": {"TableName": "t", "Item": item}}


def rows(cloud):
    found = cloud.client("dynamodb").scan(TableName="t")["Items"]
    return {item["pk"]["S"]: item.get("n", {}).get("N") for item in found}


def changes(cloud):
    return len(cloud.backend("dynamodb").tables["t"].stream_shard.items)


def test_a_transaction_that_holds_writes_everything(cloud, table):
    client = cloud.client("dynamodb")
    client.transact_write_items(TransactItems=[put(table("a")), put(table("b"))])
    assert rows(cloud).keys() == {"a", "b"}
    assert changes(cloud) == 2


def test_a_transaction_that_fails_leaves_rows_and_stream_as_they_were(cloud, table):
    client = cloud.client("dynamodb")
    client.put_item(TableName="t", Item=table("old", n={"N": "1"}))
    client.put_item(TableName="t", Item=table("gone", n={"N": "2"}))
    update = {
        "TableName": "t",
        "Key": table("old"),
        "UpdateExpression": "SET n = :n",
        "ExpressionAttributeValues": {":n": {"N": "9"}},
    }
    check = {"TableName": "t", "Key": table("none"), "ConditionExpression": "attribute_exists(pk)"}
    with pytest.raises(ClientError) as refused:
        client.transact_write_items(
            TransactItems=[
                put(table("new")),
                {"Update": update},
                {"Delete": {"TableName": "t", "Key": table("gone")}},
                {"ConditionCheck": check},
            ]
        )
    reasons = [reason["Code"] for reason in refused.value.response["CancellationReasons"]]
    assert reasons == ["None", "None", "None", "ConditionalCheckFailed"]
    assert rows(cloud) == {"old": "1", "gone": "2"}
    assert changes(cloud) == 2


def test_the_same_row_twice_in_a_transaction_is_refused_whole(cloud, table):
    client = cloud.client("dynamodb")
    with pytest.raises(ClientError):
        client.transact_write_items(TransactItems=[put(table("a")), put(table("a"))])
    assert rows(cloud) == {}


def test_stream_records_are_numbered_from_one(cloud):
    client = cloud.client("kinesis")
    client.create_stream(StreamName="s", ShardCount=1)
    answers = [client.put_record(StreamName="s", Data=b"x", PartitionKey="p") for _ in range(3)]
    assert [answer["SequenceNumber"] for answer in answers] == ["1", "2", "3"]


@pytest.mark.parametrize(("days", "expected"), [(3, 1), (5, 0)])
def test_a_message_is_received_until_its_retention_ends(days, expected):
    clock = LocalClock(1_000_000)
    with only_environment(ENVIRONMENT), moto_running(clock, 7):
        client = Cloud().client("sqs")
        url = client.create_queue(QueueName="q")["QueueUrl"]
        client.send_message(QueueUrl=url, MessageBody="x")
        clock.advance(days * 86_400)
        assert len(client.receive_message(QueueUrl=url).get("Messages", [])) == expected


def test_versions_are_listed_from_the_next_key_on_also_where_the_marker_is_gone(cloud):
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="objects")
    s3.put_bucket_versioning(Bucket="objects", VersioningConfiguration={"Status": "Enabled"})
    for key in ("a", "a", "b", "c", "c", "d"):
        s3.put_object(Bucket="objects", Key=key)
    s3.delete_object(Bucket="objects", Key="b")

    def listed(**more):
        found = s3.list_object_versions(Bucket="objects", **more)
        keys = "".join(each["Key"] for each in found.get("Versions", []))
        hidden = "".join(each["Key"] for each in found.get("DeleteMarkers", []))
        return keys, hidden, found["IsTruncated"], found.get("NextKeyMarker")

    assert listed() == ("aabccd", "b", False, None)
    assert listed(KeyMarker="a") == ("bccd", "b", False, None)
    assert listed(KeyMarker="a0") == ("bccd", "b", False, None)
    assert listed(KeyMarker="b", MaxKeys=2) == ("cc", "", True, "c")
    assert listed(KeyMarker="d") == ("", "", False, None)


def test_the_latest_version_is_another_one_after_a_put_and_bodies_stay(cloud):
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="objects")
    s3.put_bucket_versioning(Bucket="objects", VersioningConfiguration={"Status": "Enabled"})

    def latest():
        found = s3.list_object_versions(Bucket="objects")["Versions"]
        (one,) = [each["VersionId"] for each in found if each["IsLatest"]]
        return one

    for body in (b"one", b"two"):
        put = s3.put_object(Bucket="objects", Key="k", Body=body)["VersionId"]
        assert latest() == put
    s3.delete_object(Bucket="objects", Key="k", VersionId=put)
    assert latest() != put
    assert s3.get_object(Bucket="objects", Key="k")["Body"].read() == b"one"


def test_the_last_record_of_a_shard_is_known_while_another_thread_puts(cloud):
    shard = Shard(0, 0, 1)
    seen, often = [], sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        putting = threading.Thread(
            target=lambda: [shard.put_record("p", "", "") for _ in range(3000)]
        )
        putting.start()
        while putting.is_alive():
            seen.append(shard.get_max_sequence_number())
        putting.join()
    finally:
        sys.setswitchinterval(often)
    assert seen == sorted(seen)
    assert shard.get_max_sequence_number() == len(shard.records) == list(shard.records)[-1] == 3000
