"""One contract for the bucket of roots and its fake; then what Object Lock adds."""

from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from millrace.adapters.roots import S3Roots
from millrace.errors import NeedsHuman, RetryLater
from millrace.privacy.ledger import DayRoot
from tests.fakes.roots import MemoryRoots

FIRST = DayRoot(day="2026-11-24", entries=2, root="aa")
SECOND = DayRoot(day="2026-11-25", entries=0, root="bb", previous="aa")


def a_bucket():
    s3 = boto3.client("s3", region_name="us-east-1")
    s3.create_bucket(Bucket="roots", ObjectLockEnabledForBucket=True)
    retention = {"Mode": "COMPLIANCE", "Days": 3650}
    s3.put_object_lock_configuration(
        Bucket="roots",
        ObjectLockConfiguration={
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": retention},
        },
    )
    return s3


@pytest.fixture(params=["memory", "moto"])
def roots(request):
    if request.param == "memory":
        yield MemoryRoots()
        return
    with mock_aws():
        yield S3Roots(bucket="roots", s3=a_bucket())


def test_a_root_is_read_as_it_was_kept(roots):
    assert roots.keep(FIRST) == FIRST
    assert roots.read("2026-11-24") == FIRST
    assert roots.read("2026-11-25") is None


def test_the_last_day_is_found_in_whatever_order_they_were_kept(roots):
    assert roots.last() is None
    roots.keep(SECOND)
    roots.keep(FIRST)
    assert roots.last() == SECOND


def test_a_second_root_of_a_day_changes_nothing(roots):
    roots.keep(FIRST)
    forged = DayRoot(day=FIRST.day, entries=9, root="cc")
    assert roots.keep(forged) == FIRST
    assert roots.read(FIRST.day) == FIRST


@mock_aws
def test_of_a_root_that_was_written_over_the_first_version_counts_and_cannot_be_deleted():
    s3 = a_bucket()
    roots = S3Roots(bucket="roots", s3=s3)
    roots.keep(FIRST)
    key = "roots/2026-11-24.json"
    (version,) = s3.list_object_versions(Bucket="roots", Prefix=key)["Versions"]
    s3.put_object(Bucket="roots", Key=key, Body=b'{"day":"2026-11-24","entries":0,"root":"cc"}')
    assert roots.read("2026-11-24") == FIRST
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.delete_object(Bucket="roots", Key=key, VersionId=version["VersionId"])


class Broken:
    def __init__(self, code):
        self._error = ClientError({"Error": {"Code": code}}, "x")

    def __getattr__(self, _):
        raise self._error


@pytest.mark.parametrize(
    ("code", "expected"), [("SlowDown", RetryLater), ("AccessDenied", NeedsHuman)]
)
def test_a_bucket_that_does_not_answer_says_what_to_do(code, expected):
    with pytest.raises(expected):
        S3Roots(bucket="roots", s3=Broken(code)).keep(FIRST)
    with pytest.raises(expected):
        S3Roots(bucket="roots", s3=Broken(code)).last()
