"""One contract for the suppression list and its fake; then what only the table can do wrong."""

from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError
from moto import mock_aws

from millrace.adapters.suppressions import DynamoSuppressions
from millrace.errors import NeedsHuman, RetryLater
from millrace.privacy.suppression import Change
from tests.fakes.suppressions import MemorySuppressions
from tests.tables import create_table


def a_table():
    dynamodb = boto3.client("dynamodb", region_name="us-east-1")
    create_table(dynamodb, "suppressions")
    return dynamodb


@pytest.fixture(params=["memory", "moto"])
def suppressions(request):
    if request.param == "memory":
        yield MemorySuppressions()
        return
    with mock_aws():
        yield DynamoSuppressions(table="suppressions", dynamodb=a_table())


def change(reason="unsubscribed", at=5, *, token="ada", is_on=True):
    return Change(token=token, reason=reason, at=at, is_on=is_on)


def test_reasons_hold_beside_each_other(suppressions):
    suppressions.record(change())
    suppressions.record(change("bounced"))
    suppressions.record(change(token="bob", is_on=False))
    found = suppressions.read_many(["ada", "bob", "nobody"])
    assert found == {"ada": frozenset({"unsubscribed", "bounced"})}


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (2, 0, 1)])
def test_the_newest_word_on_a_reason_counts_in_whatever_order_it_comes(suppressions, order):
    said = [change(at=1), change(at=2, is_on=False), change(at=3)]
    for number in (*order, *order):
        suppressions.record(said[number])
    assert suppressions.read_many(["ada"]) == {"ada": frozenset({"unsubscribed"})}
    suppressions.record(change(at=4, is_on=False))
    assert suppressions.read_many(["ada"]) == {}


@pytest.mark.parametrize("order", [(True, False), (False, True)])
def test_of_two_words_at_one_time_the_suppression_counts(suppressions, order):
    for is_on in order:
        suppressions.record(change(at=7, is_on=is_on))
    assert suppressions.read_many(["ada"]) == {"ada": frozenset({"unsubscribed"})}


def test_what_was_said_of_an_address_is_told_also_where_it_holds_no_more(suppressions):
    lifted = [change(at=5), change(at=6, is_on=False), change("bounced", 7)]
    for each in (*lifted, change(token="bob")):
        suppressions.record(each)
    told = sorted(suppressions.said(["ada", "nobody"]), key=lambda each: each.at)
    assert told == [change(at=6, is_on=False), change("bounced", 7)]


def test_more_addresses_than_one_call_takes(suppressions):
    tokens = [f"t{number}" for number in range(130)]
    for token in tokens[:3] + tokens[-3:]:
        suppressions.record(change(token=token))
    assert set(suppressions.read_many(tokens)) == {*tokens[:3], *tokens[-3:]}
    assert suppressions.read_many([]) == {}


class Broken:
    def __init__(self, error):
        self._error = error

    def batch_get_item(self, **_):
        raise self._error

    update_item = batch_get_item


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ClientError({"Error": {"Code": "ThrottlingException"}}, "x"), RetryLater),
        (ConnectTimeoutError(endpoint_url="https://dynamodb"), RetryLater),
        (ClientError({"Error": {"Code": "AccessDeniedException"}}, "x"), NeedsHuman),
    ],
)
def test_a_list_that_does_not_answer_says_what_to_do(error, expected):
    suppressions = DynamoSuppressions(table="suppressions", dynamodb=Broken(error))
    with pytest.raises(expected):
        suppressions.read_many(["ada"])
    with pytest.raises(expected):
        suppressions.record(change())


def test_a_list_that_never_answers_for_all_is_asked_later():
    class Deaf:
        def batch_get_item(self, RequestItems):  # noqa: N803
            return {"Responses": {}, "UnprocessedKeys": RequestItems}

    with pytest.raises(RetryLater, match="suppressions_unavailable"):
        DynamoSuppressions(table="suppressions", dynamodb=Deaf()).read_many(["ada"])
