"""KmsVault over moto: two keys, wrapped by KMS, made once however many functions ask at once."""

import boto3
import pytest
from moto import mock_aws

from millrace.adapters.clock import SystemRandomness
from millrace.adapters.vault import KmsVault
from millrace.errors import GiveUp, NeedsHuman, RetryLater
from tests.tables import create_table

REGION = "us-east-1"


class CountingClient:
    """Passes calls on, and counts them; `refuse` makes them fail."""

    def __init__(self, client):
        self._client = client
        self.calls = []

    def __getattr__(self, name):
        def call(**arguments):
            self.calls.append(name)
            return getattr(self._client, name)(**arguments)

        return call


@pytest.fixture(scope="module")
def places():
    """Clients and a KMS key, made once: moto takes a tenth of a second for a key."""
    with mock_aws():
        kms = boto3.client("kms", region_name=REGION)
        key_arn = kms.create_key()["KeyMetadata"]["Arn"]
        yield boto3.client("dynamodb", region_name=REGION), kms, key_arn


@pytest.fixture
def aws(places):
    dynamodb = places[0]
    create_table(dynamodb, "subjects")
    yield places
    if dynamodb.list_tables()["TableNames"]:
        dynamodb.delete_table(TableName="subjects")


def vault(aws, *, stage="local", dynamodb=None, kms=None):
    return KmsVault(
        stage=stage,
        table="subjects",
        key_arn=aws[2],
        dynamodb=dynamodb or aws[0],
        kms=kms or aws[1],
        randomness=SystemRandomness(),
    )


def test_what_one_function_seals_another_opens(aws):
    sealed = vault(aws).seal(b"bob", context="events")
    assert vault(aws).open(sealed, context="events") == b"bob"


def test_tokens_are_the_same_in_every_function(aws):
    assert vault(aws).token("email", "bob@example.com") == vault(aws).token(
        "email", "bob@example.com"
    )


def test_ten_thousand_values_cost_two_kms_calls_a_sandbox(aws):
    vault(aws).seal(b"warm", context="events")
    vault(aws).token("email", "warm")
    kms = CountingClient(aws[1])
    warm = vault(aws, kms=kms)
    for number in range(1_000):
        warm.seal(b"x", context="events")
        warm.token("email", str(number))
    assert kms.calls == ["decrypt", "decrypt"]


def test_a_race_to_make_the_key_leaves_one_key(aws):
    class Racing(CountingClient):
        def __getattr__(self, name):
            if name == "put_item" and not self.calls.count("put_item"):
                vault(aws).seal(b"the other function was first", context="events")
            return super().__getattr__(name)

    ours = vault(aws, dynamodb=Racing(aws[0]))
    sealed = ours.seal(b"bob", context="events")
    assert vault(aws).open(sealed, context="events") == b"bob"
    items = aws[0].scan(TableName="subjects")["Items"]
    assert [item["pk"]["S"] for item in items] == ["key#branch#1"]


def test_no_key_lies_in_clear(aws):
    ours = vault(aws)
    ours.seal(b"bob", context="events")
    wrapped = aws[0].scan(TableName="subjects")["Items"][0]["wrapped"]["B"]
    assert ours._branches[1].secret not in wrapped


def test_a_branch_key_that_does_not_exist_cannot_be_opened(aws):
    sealed = bytearray(vault(aws).seal(b"bob", context="events"))
    sealed[2] = 9
    with pytest.raises(GiveUp, match="does not exist"):
        vault(aws).open(bytes(sealed), context="events")


def test_another_stage_cannot_unwrap_the_keys(aws):
    sealed = vault(aws).seal(b"bob", context="events")
    with pytest.raises((NeedsHuman, RetryLater)):
        vault(aws, stage="prod").open(sealed, context="events")


def test_an_unreachable_key_table_is_a_reason_to_retry(aws):
    aws[0].delete_table(TableName="subjects")
    with pytest.raises(RetryLater, match="vault_unavailable"):
        vault(aws).seal(b"bob", context="events")
