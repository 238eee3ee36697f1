"""Erasures kept, version by version, and which are open; the fake does as DynamoDB on moto."""

import msgspec
import pytest
from moto import mock_aws

from millrace.adapters.aws import client
from millrace.adapters.erasures import DynamoErasures
from millrace.erasure.model import Erasure, Sweep
from millrace.errors import NeedsHuman, RetryLater
from tests.fakes.erasures import MemoryErasures
from tests.tables import create_table

FIRST = Erasure(id="er_1", requested_at=5, by="api", reason="objection", sealed=b"\x00\xff")
SECOND = Erasure(id="er_2", requested_at=6, by="arn:aws:sts::1:role/x")


def dynamo():
    dynamodb = client("dynamodb")
    create_table(dynamodb, "erasures", "pk", "sk")
    return DynamoErasures(table="erasures", dynamodb=dynamodb)


@pytest.fixture(params=[MemoryErasures, dynamo])
def erasures(request):
    with mock_aws():
        yield request.param()


def after(erasure, **changes):
    return msgspec.structs.replace(erasure, version=erasure.version + 1, **changes)


def test_an_erasure_is_read_as_it_was_kept_and_is_open(erasures):
    assert erasures.read("er_1") is None
    for each in (FIRST, SECOND):
        erasures.create(each)
    assert [erasures.read(each.id) for each in (FIRST, SECOND)] == [FIRST, SECOND]
    assert erasures.open_ids() == ["er_1", "er_2"]


def test_the_next_version_takes_the_place_of_the_one_before(erasures):
    erasures.create(FIRST)
    sweeps = {"1/overflow": Sweep(after="overflow/7", pending=("overflow/8",), objects=3)}
    told = after(FIRST, sweeps=sweeps, tried_at=9, waits_for="forget_later: klaviyo: 429")
    erasures.save(told)
    assert erasures.read("er_1") == told
    assert erasures.open_ids() == ["er_1"]


def test_of_two_runs_that_go_on_from_one_version_the_second_is_refused(erasures):
    erasures.create(FIRST)
    erasures.save(after(FIRST, tried_at=8))
    with pytest.raises(RetryLater, match="erasure_contended"):
        erasures.save(after(FIRST, tried_at=9))
    assert erasures.read("er_1").tried_at == 8


def test_what_is_done_is_open_no_more_and_stays_readable(erasures):
    erasures.create(FIRST)
    erasures.create(SECOND)
    done = after(FIRST, passes=2, certificate={"certificate": 1}, sealed=b"")
    erasures.save(done)
    assert erasures.open_ids() == ["er_2"]
    assert erasures.read("er_1") == done


@mock_aws
def test_a_record_from_before_reasons_and_sweeps_is_one_that_was_requested():
    old = {"id": "er_0", "version": 3, "requested_at": 5, "by": "api", "failed_events": ["a"]}
    erasures = dynamo()
    item = {
        "pk": {"S": "e#er_0"},
        "sk": {"S": "record"},
        "v": {"N": "3"},
        "erasure": {"B": msgspec.json.encode(old)},
    }
    client("dynamodb").put_item(TableName="erasures", Item=item)
    read = erasures.read("er_0")
    assert (read.reason, read.sweeps, read.is_sweeping) == ("request", {}, False)


@mock_aws
def test_a_table_that_is_not_there_needs_somebody():
    erasures = DynamoErasures(table="none", dynamodb=client("dynamodb"))
    with pytest.raises(NeedsHuman, match="erasures_refused"):
        erasures.read("er_1")
