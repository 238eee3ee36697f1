"""Secrets: asked for every five minutes, and a store that is down is not a missing secret."""

import json

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws

from millrace.adapters.aws import client
from millrace.adapters.secrets import SecretsManagerSecrets
from millrace.errors import NeedsHuman, RetryLater
from tests.fakes.clock import MemoryClock
from tests.fakes.secrets import MemorySecrets

NAME = "millrace/test/sources/website"


class CountingClient:
    def __init__(self, answer):
        self.answer = answer
        self.calls = 0

    def get_secret_value(self, *, SecretId):  # noqa: N803
        self.calls += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return {"SecretString": self.answer}


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": ""}}, "GetSecretValue")


@pytest.fixture(params=["memory", "moto"])
def secrets(request):
    if request.param == "memory":
        yield MemorySecrets({NAME: "wk_1"})
        return
    with mock_aws():
        manager = client("secretsmanager")
        manager.create_secret(Name=NAME, SecretString='{"secret": "wk_1"}')
        yield SecretsManagerSecrets(manager, MemoryClock())


def test_a_secret_is_read_by_its_name(secrets):
    assert secrets.get(NAME) == "wk_1"
    assert secrets.get(NAME) == "wk_1"


def test_a_missing_secret_needs_a_human(secrets):
    with pytest.raises(NeedsHuman) as raised:
        secrets.get("millrace/test/sources/other")
    assert raised.value.code == "secret_missing"


def test_a_secret_is_asked_for_once_in_five_minutes():
    clock, store = MemoryClock(), CountingClient('{"secret": "a"}')
    secrets = SecretsManagerSecrets(store, clock)
    for _ in range(3):
        secrets.get(NAME)
        clock.advance(99_999)
    assert store.calls == 1
    store.answer = '{"secret": "b"}'
    clock.advance(4)
    assert secrets.get(NAME) == "b"
    assert store.calls == 2


@pytest.mark.parametrize(
    "value",
    ["wk_1", "", "[]", '{"key": "x"}', '{"secret": ""}', '{"secret": 5}', '{"secret": null}'],
)
def test_an_unusable_value_is_a_missing_secret_and_is_not_quoted(value):
    with pytest.raises(NeedsHuman) as raised:
        SecretsManagerSecrets(CountingClient(value), MemoryClock()).get(NAME)
    assert raised.value.code == "secret_missing"
    assert "wk_1" not in raised.value.message


def test_a_missing_secret_is_asked_for_again_after_ten_seconds_only():
    clock, store = MemoryClock(), CountingClient(refused("ResourceNotFoundException"))
    secrets = SecretsManagerSecrets(store, clock)
    for _ in range(3):
        with pytest.raises(NeedsHuman):
            secrets.get(NAME)
        clock.advance(4_000)
    assert store.calls == 1
    store.answer = json.dumps({"secret": "a"})
    assert secrets.get(NAME) == "a"


@pytest.mark.parametrize(
    "error", [refused("InternalServiceError"), EndpointConnectionError(endpoint_url="https://x")]
)
def test_a_store_that_is_down_is_to_be_asked_again(error):
    secrets = SecretsManagerSecrets(CountingClient(error), MemoryClock())
    with pytest.raises(RetryLater) as raised:
        secrets.get(NAME)
    assert raised.value.code == "secrets_unavailable"


def test_a_refused_permission_needs_a_human():
    secrets = SecretsManagerSecrets(CountingClient(refused("AccessDeniedException")), MemoryClock())
    with pytest.raises(NeedsHuman) as raised:
        secrets.get(NAME)
    assert raised.value.code == "secret_refused"


def test_while_the_store_is_down_a_known_value_holds_for_an_hour():
    clock, store = MemoryClock(), CountingClient('{"secret": "a"}')
    secrets = SecretsManagerSecrets(store, clock)
    secrets.get(NAME)
    store.answer = refused("ThrottlingException")
    clock.advance(3_599_999)
    assert secrets.get(NAME) == "a"
    clock.advance(1)
    with pytest.raises(RetryLater):
        secrets.get(NAME)


def test_a_clock_that_is_set_back_does_not_make_a_secret_last():
    clock, store = MemoryClock(), CountingClient('{"secret": "a"}')
    secrets = SecretsManagerSecrets(store, clock)
    secrets.get(NAME)
    clock.advance(-1)
    secrets.get(NAME)
    assert store.calls == 2
