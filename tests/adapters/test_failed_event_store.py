"""Failed events listed, read and moved; the fake keeps the same promises as S3 on moto."""

import json

import pytest
from moto import mock_aws

from millrace.adapters.aws import client
from millrace.adapters.failed_event_store import S3FailedEventStore
from millrace.adapters.failed_events import S3FailedEvents
from millrace.errors import GiveUp, RetryLater
from millrace.failed.model import replayed_key
from tests.core.failed.conftest import refused
from tests.fakes.failed_event_store import MemoryFailedEventStore
from tests.fakes.vault import MemoryVault

EVENTS = refused({"type": "track", "event": "x"}, {"type": "no"}, source_ip="192.0.2.7")


class Memory:
    def __init__(self):
        self.port = MemoryFailedEventStore(EVENTS)
        self.keys = list(self.port.failed)

    def replayed(self):
        return sorted(self.port.replayed)

    def break_it(self):
        self.port.is_failing = True


class S3:
    def __init__(self):
        self.s3 = client("s3")
        self.s3.create_bucket(Bucket="failed")
        S3FailedEvents(bucket="failed", s3=self.s3, vault=MemoryVault()).keep(EVENTS)
        self.port = S3FailedEventStore(bucket="failed", s3=self.s3, vault=MemoryVault())
        self.keys = list(self.port.keys(["failed_events/"]))

    def objects(self, prefix):
        found = self.s3.list_objects_v2(Bucket="failed", Prefix=prefix).get("Contents", [])
        return {
            each["Key"]: json.loads(
                self.s3.get_object(Bucket="failed", Key=each["Key"])["Body"].read()
            )
            for each in found
        }

    def replayed(self):
        place = "failed_events_replayed/"
        return sorted("failed_events/" + key.removeprefix(place) for key in self.objects(place))

    def break_it(self):
        self.port = S3FailedEventStore(bucket="no-such-bucket", s3=self.s3, vault=MemoryVault())


@pytest.fixture(params=[Memory, S3])
def store(request):
    with mock_aws():
        yield request.param()


@pytest.fixture
def s3_store():
    with mock_aws():
        yield S3()


def by_code(kept):
    return sorted((each.failed for each in kept if each), key=lambda failed: failed.code)


def test_what_was_kept_is_read_whole(store):
    kept = store.port.read(store.keys)
    assert by_code(kept) == sorted(EVENTS, key=lambda failed: failed.code)
    assert [each.key for each in kept] == store.keys
    assert all(each.is_readable for each in kept)


def test_what_is_not_there_is_none_in_its_place(store):
    missing = store.keys[0].replace("/hour=", "/hour=9")
    first, second = store.port.read([missing, store.keys[0]])
    assert first is None
    assert second.key == store.keys[0]


def test_what_is_settled_is_failed_no_more_and_a_repeat_changes_nothing(store):
    kept = store.port.read(store.keys)
    store.port.settle(kept[:1], 7, "j")
    store.port.settle(kept[:1], 8, "j")
    assert [each is None for each in store.port.read(store.keys)] == [True, False]
    assert store.replayed() == store.keys[:1]


def test_nothing_is_read_of_nothing(store):
    assert store.port.read([]) == []


def test_a_store_that_fails_says_so(store):
    kept = store.port.read(store.keys)
    store.break_it()
    for call in (
        lambda: store.port.read(["failed_events/x"]),
        lambda: store.port.settle(kept, 1, "j"),
    ):
        with pytest.raises(RetryLater) as raised:
            call()
        assert raised.value.code == "failed_events_unavailable"


def test_a_replayed_event_keeps_all_that_it_was_and_says_when(s3_store):
    before = s3_store.objects("failed_events/")
    s3_store.port.settle(s3_store.port.read(s3_store.keys), 1_780_000_000_005, "j")
    assert s3_store.objects("failed_events/") == {}
    assert s3_store.objects("failed_events_replayed/") == {
        replayed_key(key): {**fields, "replayed_at": 1_780_000_000_005, "replay_job": "j"}
        for key, fields in before.items()
    }


def test_what_the_request_said_is_sealed_like_the_payload(s3_store):
    for fields in s3_store.objects("failed_events/").values():
        assert fields["arrival"]
        assert "192.0.2.7" not in json.dumps(fields)


def test_a_listing_opens_nothing(s3_store):
    class Closed:
        def open(self, sealed, *, context):
            raise AssertionError("opened")

    store = S3FailedEventStore(bucket="failed", s3=s3_store.s3, vault=Closed())
    found = store.summaries(s3_store.keys)
    assert sorted(each.code for each in found) == ["no_identifier", "unknown_type"]
    assert {each.position for each in found} == {0, 1}
    assert store.summaries(["failed_events/gone"]) == []


def test_a_payload_that_the_vault_refuses_is_told_apart(s3_store):
    class Lost:
        def open(self, sealed, *, context):
            raise GiveUp("unreadable", "the key is gone")

    store = S3FailedEventStore(bucket="failed", s3=s3_store.s3, vault=Lost())
    (kept,) = store.read(s3_store.keys[:1])
    assert not kept.is_readable
    assert kept.failed.payload == b""
    assert kept.failed.code in {"no_identifier", "unknown_type"}


def test_thousands_are_listed_page_by_page(s3_store):
    for number in range(1_050):
        s3_store.s3.put_object(Bucket="failed", Key=f"failed_events/day=1/{number:04}", Body=b"")
    assert len(list(s3_store.port.keys(["failed_events/day=1/"]))) == 1_050
    prefixes = ["failed_events/day=1/", "failed_events/day=2"]
    assert len(list(s3_store.port.keys(prefixes))) == 1_052
