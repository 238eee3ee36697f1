"""One contract for the table of claimed tokens and its fake; then what the table can do wrong."""

from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError
from moto import mock_aws

from millrace.adapters.signed_tokens import DynamoSignedTokens
from millrace.errors import RetryLater
from tests.fakes.signed_tokens import MemorySignedTokens
from tests.tables import create_table

UNTIL_MS = 1_795_348_800_000


def a_table():
    dynamodb = boto3.client("dynamodb", region_name="us-east-1")
    create_table(dynamodb, "tokens")
    return dynamodb


@pytest.fixture(params=["memory", "moto"])
def tokens(request):
    if request.param == "memory":
        yield MemorySignedTokens()
        return
    with mock_aws():
        yield DynamoSignedTokens(table="tokens", dynamodb=a_table())


def test_a_token_stands_for_the_first_content_that_claims_it(tokens):
    assert tokens.claim("t1", "mine", until_ms=UNTIL_MS)
    assert tokens.claim("t1", "mine", until_ms=UNTIL_MS), "a retry is no replay"
    assert not tokens.claim("t1", "another", until_ms=UNTIL_MS)
    assert tokens.claim("t2", "another", until_ms=UNTIL_MS)
    assert tokens.claim("t1", "mine", until_ms=UNTIL_MS), "a refused claim changes nothing"


def test_the_table_is_told_when_to_forget_in_seconds():
    with mock_aws():
        dynamodb = a_table()
        DynamoSignedTokens(table="tokens", dynamodb=dynamodb).claim("t", "c", until_ms=UNTIL_MS)
        (item,) = dynamodb.scan(TableName="tokens")["Items"]
    assert item == {"pk": {"S": "t"}, "content": {"S": "c"}, "expires": {"N": "1795348800"}}


class Failing:
    def __init__(self, error):
        self._error = error

    def put_item(self, **_request):
        raise self._error


@pytest.mark.parametrize(
    "error",
    [
        ConnectTimeoutError(endpoint_url="https://dynamodb"),
        ClientError({"Error": {"Code": "ProvisionedThroughputExceededException"}}, "PutItem"),
        ClientError({"Error": {"Code": "AccessDeniedException"}}, "PutItem"),
    ],
    ids=["timeout", "throttled", "denied"],
)
def test_a_table_that_does_not_answer_proves_nothing(error):
    with pytest.raises(RetryLater) as caught:
        DynamoSignedTokens(table="tokens", dynamodb=Failing(error)).claim("t", "c", until_ms=1)
    assert caught.value.code == "tokens_unavailable"
