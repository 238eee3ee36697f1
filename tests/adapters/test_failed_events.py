"""Failed events: kept byte for byte, sealed, once; the fake keeps the same promises on moto."""

import base64
import json

import pytest
from moto import mock_aws

from millrace.adapters.aws import client
from millrace.adapters.failed_events import CONTEXT, S3FailedEvents, failed_event_key
from millrace.errors import RetryLater
from millrace.events import FailedEvent
from tests.fakes.failed_events import MemoryFailedEvents
from tests.fakes.vault import MemoryVault


def failed(payload: bytes = b'{"email": "ada@example.com"}', **changes) -> FailedEvent:
    fields = {
        "stage": "intake", "code": "no_identifier", "pointer": "/userId", "source": "website",
        "received_at": 1_780_000_000_000, "request_id": "r1", "payload": payload,
    }  # fmt: skip
    return FailedEvent(**{**fields, **changes})


class MemoryStore:
    def __init__(self):
        self.port = MemoryFailedEvents()

    def payloads(self):
        return sorted(event.payload for event in self.port.kept)

    def break_it(self):
        self.port.is_failing = True


class S3Store:
    def __init__(self):
        self.s3 = client("s3")
        self.s3.create_bucket(Bucket="failed")
        self.port = S3FailedEvents(bucket="failed", s3=self.s3, vault=MemoryVault())

    def objects(self):
        keys = [
            found["Key"] for found in self.s3.list_objects_v2(Bucket="failed").get("Contents", [])
        ]
        return {key: self.s3.get_object(Bucket="failed", Key=key)["Body"].read() for key in keys}

    def payloads(self):
        sealed = [base64.b64decode(json.loads(body)["payload"]) for body in self.objects().values()]
        return sorted(MemoryVault().open(data, context=CONTEXT) for data in sealed)

    def break_it(self):
        self.port = S3FailedEvents(bucket="no-such-bucket", s3=self.s3, vault=MemoryVault())


@pytest.fixture(params=[MemoryStore, S3Store])
def store(request):
    with mock_aws():
        yield request.param()


@pytest.fixture
def s3_store():
    with mock_aws():
        yield S3Store()


def test_payloads_are_kept_byte_for_byte(store):
    payloads = [b"", b"\x00\xff", b'{"x": NaN}', "😀".encode()]
    store.port.keep([failed(payload) for payload in payloads])
    assert store.payloads() == sorted(payloads)


def test_keeping_an_event_again_changes_nothing(store):
    store.port.keep([failed(), failed()])
    store.port.keep([failed(request_id="r2")])
    assert store.payloads() == [failed().payload]


def test_the_same_payload_of_two_sources_is_two_events(store):
    store.port.keep([failed(), failed(source="server")])
    assert len(store.payloads()) == 2


def test_keeping_nothing_keeps_nothing(store):
    store.port.keep([])
    assert store.payloads() == []


@pytest.mark.parametrize("count", [1, 40])
def test_a_store_that_fails_says_so(store, count):
    store.break_it()
    with pytest.raises(RetryLater) as raised:
        store.port.keep([failed(str(n).encode()) for n in range(count)])
    assert raised.value.code == "failed_events_unavailable"


def test_hundreds_are_kept_in_one_call(s3_store):
    s3_store.port.keep([failed(str(n).encode()) for n in range(300)])
    assert len(s3_store.payloads()) == 300


def test_the_reason_is_in_clear_and_the_payload_is_not(s3_store):
    s3_store.port.keep([failed()])
    ((key, body),) = s3_store.objects().items()
    assert key.startswith("failed_events/day=2026-05-28/hour=20/")
    assert key.endswith(".json")
    kept = json.loads(body)
    assert kept.pop("payload")
    assert kept == {
        "stage": "intake", "code": "no_identifier", "pointer": "/userId", "source": "website",
        "schema_version": "1", "received_at": 1_780_000_000_000, "request_id": "r1", "position": 0,
    }  # fmt: skip
    assert b"ada@" not in body
    assert b"\n" not in body  # one line: Athena reads one object a line


def test_source_and_payload_cannot_be_shifted_into_each_other():
    assert failed_event_key(failed(b"b", source="a")) != failed_event_key(failed(b"", source="ab"))
