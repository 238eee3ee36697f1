"""One contract for the ledger's table and its fake; then what only the table can do wrong."""

from __future__ import annotations

import boto3
import msgspec
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError
from moto import mock_aws

from millrace.adapters.ledger import DynamoLedger
from millrace.errors import NeedsHuman, RetryLater
from millrace.privacy.ledger import Entry, faults
from tests.fakes.clock import MemoryClock
from tests.fakes.ledger import MemoryLedger
from tests.tables import create_table

ADA = "i#user_id#ada"
NOON = 1_795_348_800_000  # 2026-11-22
GIVEN = Entry(
    subject=ADA,
    kind="consent",
    event="e1",
    at=NOON - 5,
    purpose="email_marketing",
    status="granted",
    basis="consent",
    text_version="2026-10",
    source="website",
    proof="Zm9v",
)
TAKEN = msgspec.structs.replace(GIVEN, event="e2", status="denied", at=NOON)


def a_table():
    dynamodb = boto3.client("dynamodb", region_name="us-east-1")
    create_table(dynamodb, "ledger", "pk", "sk")
    return dynamodb


@pytest.fixture
def clock():
    return MemoryClock(NOON)


@pytest.fixture(params=["memory", "moto"])
def ledger(request, clock):
    if request.param == "memory":
        yield MemoryLedger(clock)
        return
    with mock_aws():
        yield DynamoLedger(table="ledger", dynamodb=a_table(), clock=clock)


def test_entries_stand_in_their_chain_in_the_order_they_came(ledger):
    assert [ledger.append(GIVEN), ledger.append(TAKEN)] == [True, True]
    chain = ledger.read(ADA)
    assert [each.entry for each in chain] == [GIVEN, TAKEN]
    assert [each.number for each in chain] == [1, 2]
    assert faults(chain) == []


def test_the_same_entry_again_changes_nothing(ledger, clock):
    ledger.append(GIVEN)
    ledger.append(TAKEN)
    before = ledger.read(ADA)
    clock.advance(86_400_000)
    assert ledger.append(GIVEN) is False
    assert ledger.read(ADA) == before


def test_one_event_may_say_something_about_several_purposes(ledger):
    ledger.append(GIVEN)
    assert ledger.append(msgspec.structs.replace(GIVEN, purpose="sharing")) is True
    assert len(ledger.read(ADA)) == 2


def test_subjects_have_chains_of_their_own(ledger):
    ledger.append(GIVEN)
    ledger.append(msgspec.structs.replace(GIVEN, subject="i#user_id#bob"))
    assert [each.number for each in ledger.read("i#user_id#bob")] == [1]
    assert ledger.read("i#user_id#nobody") == []


def test_a_day_holds_what_was_recorded_on_it_whenever_it_happened(ledger, clock):
    ledger.append(GIVEN)
    clock.advance(86_400_000)
    ledger.append(TAKEN)
    first, second = ledger.read(ADA)
    assert list(ledger.day("2026-11-22")) == [first.leaf]
    assert list(ledger.day("2026-11-23")) == [second.leaf]
    assert list(ledger.day("2026-11-24")) == []


def test_a_long_chain_is_read_whole_and_in_order(ledger):
    for number in range(12):
        ledger.append(msgspec.structs.replace(GIVEN, event=f"e{number}"))
    assert [each.entry.event for each in ledger.read(ADA)] == [f"e{n}" for n in range(12)]


class Racing:
    """A client whose first transaction finds that another append came first."""

    def __init__(self, client, other):
        self._client, self._other = client, other

    def query(self, **request):
        return self._client.query(**request)

    def transact_write_items(self, **request):
        if self._other:
            other, self._other = self._other, None
            other()
        return self._client.transact_write_items(**request)


@mock_aws
def test_two_who_append_at_once_stand_one_behind_the_other(clock):
    client = a_table()
    plain = DynamoLedger(table="ledger", dynamodb=client, clock=clock)
    racing = Racing(client, lambda: plain.append(TAKEN))
    ledger = DynamoLedger(table="ledger", dynamodb=racing, clock=clock)
    assert ledger.append(GIVEN) is True
    assert [each.entry for each in plain.read(ADA)] == [TAKEN, GIVEN]
    assert faults(plain.read(ADA)) == []


@mock_aws
def test_the_same_entry_from_two_at_once_stands_once(clock):
    client = a_table()
    plain = DynamoLedger(table="ledger", dynamodb=client, clock=clock)
    ledger = DynamoLedger(
        table="ledger", dynamodb=Racing(client, lambda: plain.append(GIVEN)), clock=clock
    )
    assert ledger.append(GIVEN) is False
    assert len(plain.read(ADA)) == 1


class LosesReply:
    """A client whose first transaction is applied, and whose answer is lost."""

    def __init__(self, client):
        self._client, self._is_lost = client, False

    def query(self, **request):
        return self._client.query(**request)

    def transact_write_items(self, **request):
        answer = self._client.transact_write_items(**request)
        if not self._is_lost:
            self._is_lost = True
            raise ConnectTimeoutError(endpoint_url="https://dynamodb")
        return answer


@mock_aws
def test_an_append_whose_answer_was_lost_is_not_made_again(clock):
    ledger = DynamoLedger(table="ledger", dynamodb=LosesReply(a_table()), clock=clock)
    with pytest.raises(RetryLater, match="ledger_unavailable"):
        ledger.append(GIVEN)
    assert ledger.append(GIVEN) is False
    assert len(ledger.read(ADA)) == 1


class Contended:
    """A client whose transactions always conflict with somebody else's."""

    def query(self, **_):
        return {"Items": []}

    def transact_write_items(self, **_):
        code = {"Error": {"Code": "TransactionCanceledException"}}
        raise ClientError(
            {**code, "CancellationReasons": [{"Code": "TransactionConflict"}] * 3}, ""
        )


def test_a_chain_that_others_write_all_the_time_is_tried_later(clock):
    with pytest.raises(RetryLater, match="ledger_contended"):
        DynamoLedger(table="ledger", dynamodb=Contended(), clock=clock).append(GIVEN)


class Broken:
    def __init__(self, error):
        self._error = error

    def query(self, **_):
        raise self._error


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ClientError({"Error": {"Code": "ThrottlingException"}}, "x"), RetryLater),
        (ConnectTimeoutError(endpoint_url="https://dynamodb"), RetryLater),
        (ClientError({"Error": {"Code": "AccessDeniedException"}}, "x"), NeedsHuman),
    ],
)
def test_a_table_that_does_not_answer_says_what_to_do(error, expected, clock):
    ledger = DynamoLedger(table="ledger", dynamodb=Broken(error), clock=clock)
    with pytest.raises(expected):
        ledger.append(GIVEN)
    with pytest.raises(expected):
        ledger.day("2026-11-22")
