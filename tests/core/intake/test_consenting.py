"""The consent API: one decision becomes one event, or a refusal that says what to do."""

from __future__ import annotations

import msgspec
import pytest

from millrace.errors import RetryLater
from millrace.events import open_envelope
from millrace.http import Request
from millrace.intake.consenting import ConsentDoors, answer
from millrace.privacy.signals import records_of
from millrace.settings import ConsentSettings
from tests.fakes.clock import MemoryClock
from tests.fakes.kinesis import MemorySink
from tests.fakes.secrets import MemorySecrets
from tests.fakes.vault import MemoryVault

NOW = 1_795_348_800_000  # 2026-11-22T12:00:00Z
GIVEN = {"purpose": "email_marketing", "status": "granted"}


class Counted:
    def __init__(self):
        self.counts = {}

    def count(self, name, amount=1):
        self.counts[name] = self.counts.get(name, 0) + amount


class Desk:
    def __init__(self):
        self.sink = MemorySink()
        self.vault = MemoryVault()
        self.counts = Counted()
        self.reports = []
        self.secrets = MemorySecrets({"consent-key": "ck"})
        self.doors = ConsentDoors(
            sink=self.sink,
            vault=self.vault,
            clock=MemoryClock(NOW),
            secrets=self.secrets,
            report=self.reports.append,
            secret="consent-key",
            rules=ConsentSettings(),
        )

    def ask(self, body, *, who="email:Ada@Example.com", key="ck", request_id="r1", **headers):
        raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
        request = Request(
            method="PUT",
            path=f"/v1/consents/{who}",
            route="PUT /v1/consents/{identifier+}",
            headers={"authorization": f"Bearer {key}", **headers},
            path_parameters={"identifier": who},
            body=raw,
            request_id=request_id,
        )
        response = answer(request, self.doors, self.counts)
        return response.status, msgspec.json.decode(response.body)

    def events(self):
        return [
            event
            for record in self.sink.records
            for event in open_envelope(record.data, self.vault).events
        ]


@pytest.fixture
def desk():
    return Desk()


def test_a_decision_becomes_one_event_with_everything_that_was_said(desk):
    said = {**GIVEN, "basis": "contract", "text_version": "v2", "proof": "form 7"}
    status, told = desk.ask({**said, "at": "2026-11-22T11:00:00Z", "message_id": "c-1"})
    assert (status, told) == (200, {"success": True, "message_id": "c-1"})
    (event,) = desk.events()
    assert (event.type, event.name, event.source) == ("operation", "consent.record", "consent_api")
    assert (event.anchor.kind, event.anchor.value) == ("email", "ada@example.com")
    assert (event.event_at, event.received_at) == (NOW - 3_600_000, NOW)
    record = records_of(event, b"1", ConsentSettings())["email_marketing"]
    assert (record.status, record.is_act, record.basis) == ("granted", True, "contract")
    assert (record.text_version, record.proof) == ("v2", "form 7")
    assert desk.counts.counts == {"EventsReceived": 1}


def test_the_same_decision_at_the_same_time_has_the_same_id(desk):
    said = {**GIVEN, "at": "2026-11-22T11:00:00Z"}
    ids = [desk.ask(said, request_id=request)[1]["message_id"] for request in ("r1", "r2")]
    assert ids[0] == ids[1]
    other = desk.ask({**said, "status": "denied"})[1]["message_id"]
    assert other != ids[0]


def test_without_a_time_each_request_is_a_decision_of_its_own(desk):
    ids = [desk.ask(GIVEN, request_id=request)[1]["message_id"] for request in ("r1", "r2", "r1")]
    assert ids[0] == ids[2] != ids[1]


def test_a_callers_key_for_retries_is_the_message_id(desk):
    assert desk.ask(GIVEN, **{"idempotency-key": "k-1"})[1]["message_id"] == "k-1"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"purpose": "spam"}, "unknown_purpose"),
        ({"purpose": None}, "unknown_purpose"),
        ({"purpose": ["email_marketing"]}, "unknown_purpose"),
        ({"status": "maybe"}, "unknown_status"),
        ({"status": 1}, "unknown_status"),
        ({"at": "yesterday"}, "invalid_time"),
        ({"at": "2026-11-22T13:00:00Z"}, "invalid_time"),
        ({"at": "1960-01-01T00:00:00Z"}, "invalid_time"),
        ({"proof": "x" * 1025}, "invalid_text"),
        ({"basis": 7}, "invalid_text"),
        ({"message_id": ""}, "invalid_message_id"),
        ({"message_id": "a b"}, "invalid_message_id"),
        ({"email": "ada@example.com"}, "unknown_field"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_what_to_do_and_nothing_is_stored(desk, changes, code):
    status, told = desk.ask({**GIVEN, **changes})
    assert (status, told["code"]) == (400, code)
    assert len(told["message"]) > 10
    assert "ada@example.com" not in str(told)
    assert desk.sink.records == []
    assert desk.counts.counts == {"RequestsRefused": 1}


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b"{", b'{"a":1,"a":2}', b'{"a":NaN}', b" " * 17_000, b"\xff\xfe"]
)
def test_a_body_that_is_no_object_is_refused(desk, body):
    assert desk.ask(body)[0] == 400
    assert desk.sink.records == []


@pytest.mark.parametrize("who", ["", "ada", "email:nobody", "fax:1", "user_id:null"])
def test_nobody_can_be_meant_by_it(desk, who):
    assert desk.ask(GIVEN, who=who)[1]["code"] == "invalid_identifier"


@pytest.mark.parametrize("key", ["", "CK", "wrong", "ck ck"])
def test_without_the_key_nothing_is_recorded(desk, key):
    assert desk.ask(GIVEN, key=key) == (401, desk.ask(GIVEN, key=key)[1])
    assert desk.sink.records == []


def test_what_cannot_be_stored_now_is_to_be_sent_again(desk):
    class Down:
        def put(self, _records):
            raise RetryLater("stream_unavailable", "no answer")

    desk.doors = msgspec.structs.replace(desk.doors, sink=Down())
    status, told = desk.ask(GIVEN)
    assert (status, told["code"]) == (503, "stream_unavailable")
    assert len(desk.reports) == 1
