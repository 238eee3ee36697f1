"""/_aws: boto3 finds the engine's own AWS there, and nobody else does."""

from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import ClientError


@pytest.fixture(scope="module")
def aws(engine):
    session = boto3.session.Session(
        "local", "local", region_name=engine.cloud.client("s3").meta.region_name
    )
    return lambda service: session.client(service, endpoint_url=f"{engine.url}/_aws")


def test_it_is_the_same_state_that_the_handlers_use(engine, ask, aws):
    assert ask.send({"batch": [{"type": "track"}]})[0] == 200
    bucket = engine.outputs["FailedBucket"]
    (found,) = aws("s3").list_objects_v2(Bucket=bucket, Prefix="failed_events/")["Contents"]
    body = aws("s3").get_object(Bucket=bucket, Key=found["Key"])["Body"].read()
    inside = engine.cloud.client("s3").get_object(Bucket=bucket, Key=found["Key"])["Body"].read()
    assert body == inside


def test_bytes_and_odd_names_survive(engine, aws):
    bucket, key = engine.outputs["FailedBucket"], "odd/day=1/a b+%é.json"
    aws("s3").put_object(Bucket=bucket, Key=key, Body=bytes(range(256)))
    assert aws("s3").get_object(Bucket=bucket, Key=key)["Body"].read() == bytes(range(256))
    assert (
        engine.cloud.client("s3").list_objects_v2(Bucket=bucket, Prefix="odd/")["Contents"][0][
            "Key"
        ]
        == key
    )


def test_every_service_that_is_played_answers(engine, aws):
    assert engine.outputs["SubjectsTable"] in aws("dynamodb").list_tables()["TableNames"]
    assert aws("kinesis").list_streams()["StreamNames"]
    assert aws("sqs").list_queues()["QueueUrls"]
    assert aws("sts").get_caller_identity()["Account"] == "123456789012"
    assert aws("kms").describe_key(KeyId=engine.outputs["KeyArn"])["KeyMetadata"]["Enabled"]


def test_a_missing_object_is_aws_own_error(engine, aws):
    with pytest.raises(ClientError) as raised:
        aws("s3").get_object(Bucket=engine.outputs["FailedBucket"], Key="nothing")
    assert raised.value.response["Error"]["Code"] == "NoSuchKey"


def test_a_function_is_invoked_by_its_name_and_tells_what_it_raised(engine, aws):
    function = engine.outputs["ReplayFunction"]
    answer = aws("lambda").invoke(FunctionName=function, Payload=b"{}")
    assert answer["FunctionError"] == "Unhandled"
    assert b"bad_task" in answer["Payload"].read()


@pytest.mark.parametrize(
    ("service", "call"),
    [
        ("lambda", lambda aws: aws.invoke(FunctionName="nobody")),
        ("lambda", lambda aws: aws.list_functions()),
        ("athena", lambda aws: aws.list_work_groups()),
    ],
)
def test_what_is_not_played_is_an_error_and_never_leaves_the_machine(aws, service, call):
    with pytest.raises(ClientError):
        call(aws(service))


def test_an_unsigned_request_is_refused(ask):
    status, _, body = ask("GET", "/_aws/")
    assert status == 403
    assert b"MissingAuthenticationToken" in body


@pytest.mark.parametrize("headers", [{"host": "evil.example"}, {"origin": "https://evil.example"}])
def test_only_loopback_hosts_are_answered(ask, headers):
    signed = {"authorization": "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/s3/aws4_request"}
    status, _, body = ask("GET", "/_aws/", headers=headers | signed)
    assert status == 403
    assert b"NotLocal" in body


def test_resources_are_the_outputs_of_the_stacks(engine, ask):
    status, found = ask.json("GET", "/_local/resources")
    assert status == 200
    assert found == engine.outputs
    assert {"FailedBucket", "ReplayFunction", "ReplayMachine", "Stage"} <= found.keys()
