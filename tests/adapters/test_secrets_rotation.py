"""While a secret is being rotated, the one before it is valid too."""

import json

import pytest
from moto import mock_aws

from millrace.adapters.aws import client
from millrace.adapters.secrets import SecretsManagerSecrets
from millrace.errors import NeedsHuman
from tests.fakes.clock import MemoryClock

NAME = "millrace/test/sources/stripe"


@pytest.fixture
def store():
    with mock_aws():
        yield client("secretsmanager")


def holding(store, **fields):
    store.create_secret(Name=NAME, SecretString=json.dumps(fields))
    return SecretsManagerSecrets(store, MemoryClock())


def test_one_secret_is_the_only_valid_one(store):
    assert holding(store, secret="new").valid(NAME) == ("new",)


def test_the_previous_one_is_valid_and_never_handed_out_as_the_secret(store):
    secrets = holding(store, secret="new", previous="old")
    assert secrets.valid(NAME) == ("new", "old")
    assert secrets.get(NAME) == "new"


def test_an_empty_previous_one_is_none(store):
    assert holding(store, secret="new", previous="").valid(NAME) == ("new",)


def test_a_previous_one_alone_is_no_secret(store):
    with pytest.raises(NeedsHuman, match="secret_missing"):
        holding(store, secret="", previous="old").valid(NAME)
