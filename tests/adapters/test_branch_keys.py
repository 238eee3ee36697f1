"""One contract for the vault's own keys: the fake in memory, and KMS with DynamoDB over moto."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from millrace.adapters.branch_keys import KmsBranchKeys
from millrace.adapters.clock import SystemRandomness
from millrace.adapters.vault import KmsVault
from millrace.adapters.wrapped_keys import LOOKUP, WrappedKeys
from millrace.errors import GiveUp, NeedsHuman, RetryLater
from millrace.privacy.branches import AGAIN_MS, CURRENT_MS, Branches, rotate
from tests.fakes.branch_keys import MemoryBranchKeys
from tests.fakes.clock import MemoryClock
from tests.tables import create_table

NOW = 1_796_083_200_000


class Aws:
    """A subjects table and a KMS key over moto; `calls` counts what KMS is asked."""

    def __init__(self, dynamodb: Any, kms: Any, key_arn: str, table: str) -> None:
        self.clock = MemoryClock(NOW)
        self.dynamodb, self.kms, self.table = dynamodb, kms, table
        create_table(self.dynamodb, table)
        self.key_arn = key_arn

    def keys(self, *, former_key: str = "", **clients: Any) -> KmsBranchKeys:
        clients = {"dynamodb": self.dynamodb, "kms": self.kms} | clients
        wrapped = WrappedKeys(
            stage="local", table=self.table, key_arn=self.key_arn, clock=self.clock, **clients
        )
        return KmsBranchKeys(wrapped, former_key=former_key)

    def sandbox(self, **clients: Any) -> KmsVault:
        """A vault of its own, as every sandbox has one."""
        return KmsVault(
            stage="local",
            table=self.table,
            key_arn=self.key_arn,
            randomness=SystemRandomness(),
            clock=self.clock,
            **({"dynamodb": self.dynamodb, "kms": self.kms} | clients),
        )

    def item(self, name: str) -> dict[str, Any]:
        found = self.dynamodb.get_item(TableName=self.table, Key={"pk": {"S": name}})
        return dict(found["Item"])


class Between:
    """A client; before the first call of one name, something else happens."""

    def __init__(self, client: Any, name: str, happens: Any) -> None:
        self._client, self._name, self._happens = client, name, happens

    def __getattr__(self, name: str) -> Any:
        if name == self._name:
            self._name = ""
            self._happens()
        return getattr(self._client, name)


def new_kms_key(kms: Any) -> str:
    """A tenth of a second: moto makes an RSA key beside it."""
    return str(kms.create_key()["KeyMetadata"]["Arn"])


@pytest.fixture(scope="module")
def places() -> Iterator[tuple[Any, Any, str]]:
    """Clients of DynamoDB and KMS, and a key."""
    with mock_aws():
        dynamodb, kms = (
            boto3.client(name, region_name="us-east-1") for name in ("dynamodb", "kms")
        )
        yield dynamodb, kms, new_kms_key(kms)


@pytest.fixture
def aws(places: tuple[Any, Any, str], request: pytest.FixtureRequest) -> Aws:
    """A table of its own for every test; the rest is made once."""
    return Aws(*places, table=re.sub(r"\W", "-", request.node.name)[-200:])


@pytest.fixture(params=["memory", "moto"])
def keys(request: pytest.FixtureRequest, aws: Aws) -> Any:
    if request.param == "memory":
        return MemoryBranchKeys(NOW)
    aws.sandbox().seal(b"the first version", context="x")
    return aws.keys()


def numbers(branches: Branches) -> list[int]:
    return [each.number for each in branches.versions]


def test_before_any_rotation_the_first_version_seals(keys: Any) -> None:
    found = keys.branches()
    assert (found.current, numbers(found)) == (1, [1])
    assert (found.versions[0].since, found.versions[0].until) == (NOW, 0)


def test_a_version_is_made_before_it_is_pointed_to_and_once(keys: Any) -> None:
    for _ in "ab":
        keys.make(2)
        assert (keys.branches().current, numbers(keys.branches())) == (1, [1, 2])
    assert keys.branches().superseded == []


def test_the_pointer_moves_for_one_of_several_and_remembers_when(keys: Any) -> None:
    known = keys.branches()
    keys.make(2)
    assert keys.move(known, 2, NOW + 5)
    assert not keys.move(known, 2, NOW + 9)
    second = keys.branches()
    keys.make(3)
    assert keys.move(second, 3, NOW + 20)
    assert not keys.move(second, 3, NOW + 30)
    found = keys.branches()
    spans = [(each.since, each.until) for each in found.versions]
    assert spans == [(NOW, NOW + 5), (NOW + 5, NOW + 20), (NOW + 20, 0)]
    assert (found.current, found.superseded) == (3, [1, 2])


def test_a_retired_version_is_remembered_and_never_made_again(keys: Any) -> None:
    rotate(keys, MemoryClock(NOW))
    for at in (NOW + 7, NOW + 8):
        keys.retire(1, at)
    keys.make(1)
    found = keys.branches()
    assert (found.versions[0].retired_at, found.superseded) == (NOW + 7, [])


def test_every_key_that_is_left_is_wrapped_anew(keys: Any, aws: Aws) -> None:
    aws.sandbox().token("email", "x")
    rotate(keys, MemoryClock(NOW))
    assert keys.rewrap() == 3
    keys.retire(1, NOW)
    assert keys.rewrap() == 2


def test_what_was_sealed_before_a_rotation_still_opens_and_a_new_sandbox_seals_anew(
    aws: Aws,
) -> None:
    old = aws.sandbox().seal(b"bob", context="x")
    rotate(aws.keys(), aws.clock)
    new = aws.sandbox().seal(b"ann", context="x")
    assert (old[2], new[2]) == (1, 2)
    assert aws.sandbox().open(old, context="x") == b"bob"


def test_a_sandbox_seals_under_the_new_version_five_minutes_later_at_most(aws: Aws) -> None:
    warm = aws.sandbox()
    warm.seal(b"x", context="x")
    rotate(aws.keys(), aws.clock)
    aws.clock.advance(CURRENT_MS - 1)
    assert warm.seal(b"x", context="x")[2] == 1
    aws.clock.advance(1)
    assert warm.seal(b"x", context="x")[2] == 2
    assert CURRENT_MS <= 300_000


def test_a_sandbox_that_knows_the_old_pointer_reads_what_the_others_seal(aws: Aws) -> None:
    warm = aws.sandbox()
    warm.seal(b"x", context="x")
    rotate(aws.keys(), aws.clock)
    assert warm.open(aws.sandbox().seal(b"new", context="x"), context="x") == b"new"
    assert aws.sandbox().open(warm.seal(b"late", context="x"), context="x") == b"late"


def test_while_the_table_is_silent_a_sandbox_goes_on_and_asks_again_in_a_minute(aws: Aws) -> None:
    def silent() -> None:
        raise ClientError({"Error": {"Code": "ThrottlingException"}}, "GetItem")

    table = Between(aws.dynamodb, "", silent)
    warm = aws.sandbox(dynamodb=table)
    warm.seal(b"x", context="x")
    rotate(aws.keys(), aws.clock)
    aws.clock.advance(CURRENT_MS)
    table._name = "get_item"
    assert warm.seal(b"x", context="x")[2] == 1
    assert warm.seal(b"x", context="x")[2] == 1, "and it does not ask for every value"
    aws.clock.advance(AGAIN_MS)
    assert warm.seal(b"x", context="x")[2] == 2


def test_a_sandbox_that_never_knew_the_pointer_does_not_guess(aws: Aws) -> None:
    def silent() -> None:
        raise ClientError({"Error": {"Code": "ThrottlingException"}}, "GetItem")

    with pytest.raises(RetryLater, match="vault_unavailable"):
        aws.sandbox(dynamodb=Between(aws.dynamodb, "get_item", silent)).seal(b"x", context="x")


@pytest.mark.parametrize("call", ["get_item", "generate_data_key", "put_item"])
def test_of_two_rotations_at_once_one_happens(aws: Aws, call: str) -> None:
    aws.sandbox().seal(b"x", context="x")
    other = aws.keys()
    client = aws.kms if call == "generate_data_key" else aws.dynamodb
    raced = Between(client, call, lambda: rotate(other, aws.clock))
    ours = aws.keys(**{"kms" if client is aws.kms else "dynamodb": raced})
    found = rotate(ours, aws.clock)
    assert found == aws.keys().branches()
    assert found.current == (3 if call == "get_item" else 2), "before our first read: another one"
    sealed = aws.sandbox().seal(b"x", context="x")
    assert aws.sandbox().open(sealed, context="x") == b"x"


@pytest.mark.parametrize("crash_before", ["make", "move", "branches"])
def test_a_rotation_that_crashes_leaves_a_vault_that_works_and_is_finished_by_the_next(
    aws: Aws, crash_before: str
) -> None:
    class Crash(Exception):
        pass

    keys = aws.keys()
    old = aws.sandbox().seal(b"x", context="x")
    seen = iter(range(9))

    def stop(*_: Any) -> Any:
        raise Crash

    if crash_before == "branches":
        real = keys.branches
        keys.branches = lambda: real() if next(seen) == 0 else stop()  # type: ignore[method-assign]
    else:
        setattr(keys, crash_before, stop)
    with pytest.raises(Crash):
        rotate(keys, aws.clock)
    assert aws.sandbox().open(aws.sandbox().seal(b"y", context="x"), context="x") == b"y"
    after = rotate(aws.keys(), aws.clock)
    assert after.current == (3 if crash_before == "branches" else 2)
    assert aws.sandbox().open(old, context="x") == b"x"


def test_a_retired_version_opens_nothing_and_lies_nowhere(aws: Aws) -> None:
    old = aws.sandbox().seal(b"x", context="x")
    rotate(aws.keys(), aws.clock)
    aws.keys().retire(1, NOW)
    with pytest.raises(GiveUp, match="unreadable"):
        aws.sandbox().open(old, context="x")
    assert aws.item("key#branch#1") == {
        "pk": {"S": "key#branch#1"},
        "retired_at": {"N": str(NOW)},
    }


def test_keys_wrapped_anew_are_other_bytes_and_the_same_keys(aws: Aws) -> None:
    old, name = aws.sandbox().seal(b"x", context="x"), aws.sandbox().token("email", "bob")
    before = aws.item(f"key#{LOOKUP}")["wrapped"]["B"]
    assert aws.keys().rewrap() == 2
    assert aws.item(f"key#{LOOKUP}")["wrapped"]["B"] != before
    assert aws.sandbox().open(old, context="x") == b"x"
    assert aws.sandbox().token("email", "bob") == name


def test_a_key_that_is_retired_while_it_is_wrapped_anew_stays_destroyed(aws: Aws) -> None:
    aws.sandbox().seal(b"x", context="x")
    rotate(aws.keys(), aws.clock)
    raced = Between(aws.kms, "re_encrypt", lambda: aws.keys().retire(1, NOW))
    assert aws.keys(kms=raced).rewrap() == 1
    assert "wrapped" not in aws.item("key#branch#1")


class Strict:
    """KMS as AWS has it: a wrapped key opens only under the KMS key that wrapped it."""

    def __init__(self, kms: Any) -> None:
        self._kms = kms

    def re_encrypt(self, **request: Any) -> Any:
        self._check(request.pop("SourceKeyId"), request)
        return self._kms.re_encrypt(**request)

    def decrypt(self, **request: Any) -> Any:
        self._check(request.pop("KeyId"), request)
        return self._kms.decrypt(**request)

    def _check(self, key: str, request: Any) -> None:
        if not key.endswith(request["CiphertextBlob"][:36].decode()):
            raise ClientError({"Error": {"Code": "IncorrectKeyException"}}, "Decrypt")


def test_after_the_kms_key_was_replaced_the_former_one_is_named_and_everything_opens(
    aws: Aws,
) -> None:
    kms = Strict(aws.kms)
    old = aws.sandbox().seal(b"x", context="x")
    former, aws.key_arn = aws.key_arn, new_kms_key(aws.kms)
    with pytest.raises(NeedsHuman, match="vault_key_replaced"):
        aws.sandbox(kms=kms).open(old, context="x")
    with pytest.raises(NeedsHuman, match="vault_key_replaced"):
        aws.keys(kms=kms).rewrap()
    for _ in "ab":
        assert aws.keys(kms=kms, former_key=former).rewrap() == 1
    assert aws.sandbox(kms=kms).open(old, context="x") == b"x"
