"""Opening a sealed payload: recorded first, refused for the erased, whatever file it came in."""

from __future__ import annotations

import base64
import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millrace.access import (
    OpenPorts,
    SealedPart,
    Warrant,
    check_purpose,
    open_parts,
    sealed_parts,
)
from millrace.errors import GiveUp, NeedsHuman, RetryLater
from millrace.events import Envelope, Event, Identifier, seal_envelope
from millrace.intake.overflow import pack
from millrace.intake.ports import SinkRecord
from millrace.lake import to_row
from tests.fakes.clock import MemoryClock
from tests.fakes.ledger import MemoryLedger
from tests.fakes.subjects import MemorySubjects
from tests.fakes.vault import MemoryVault

VAULT = MemoryVault()
ADA = Identifier("user_id", "ada")
ADA_KEY = f"i#user_id#{VAULT.token('user_id', 'ada')}"
MAIL_KEY = f"i#email#{VAULT.token('email', 'ada@example.com')}"
WARRANT = Warrant(by="arn:aws:sts::1:role/x", purpose="ticket 4711", what="s3://parked/object")


def event(number=1, received_at=1_000):
    return Event(
        message_id=f"m-{number}",
        type="track",
        source="website",
        event_at=900,
        received_at=received_at,
        anchor=ADA,
        identifiers=(ADA, Identifier("email", "ada@example.com")),
        name="Order Completed",
    )


RECORD = seal_envelope(Envelope(events=(event(1), event(2))), VAULT)
TEXT = base64.b64encode(RECORD).decode()
KINESIS = {"Records": [{"kinesis": {"data": TEXT, "partitionKey": "p"}}]}
FILES = {
    "a raw record": RECORD,
    "a record as base64": TEXT.encode() + b"\n",
    "what `aws kinesis get-records` prints": json.dumps({"Records": [{"Data": TEXT}]}).encode(),
    "an event as Lambda gets it": json.dumps(KINESIS).encode(),
    "a parked batch": json.dumps({"version": "1.0", "payload": json.dumps(KINESIS)}).encode(),
    "an overflow object": pack([SinkRecord(partition_key="p", data=RECORD)]),
    "what `aws sqs receive-message` prints": json.dumps(
        {"Messages": [{"Body": pack([SinkRecord(partition_key="p", data=RECORD)]).decode()}]}
    ).encode(),
}


def failed_event(payload: bytes, **fields) -> bytes:
    sealed = base64.b64encode(VAULT.seal(payload, context="failed_event")).decode()
    kept = {"stage": "intake", "code": "no_identifier", "received_at": 1_000, "payload": sealed}
    return json.dumps(kept | fields).encode()


class Desk:
    """An operator's desk: a ledger, and who was erased when."""

    def __init__(self) -> None:
        self.clock = MemoryClock()
        self.ledger = MemoryLedger(self.clock)
        self.erased: dict[str, int] = {}
        self.subjects = MemorySubjects()

    def open(self, file: bytes | list[SealedPart], warrant: Warrant = WARRANT, most: int = 50):
        def tombstones(keys):
            return {key: at for key, at in self.erased.items() if key in keys}

        def row_keys(pseudonym):
            everyone = {subject.pseudonym: subject for subject in self.subjects.everyone()}
            return everyone[pseudonym].key if pseudonym in everyone else None

        ports = OpenPorts(
            vault=VAULT,
            tombstones=tombstones,
            ledger=self.ledger,
            clock=self.clock,
            row_keys=row_keys,
        )
        parts = file if isinstance(file, list) else sealed_parts(file)
        return open_parts(parts, warrant, ports, most=most)

    @property
    def entries(self):
        return [link.entry for chain in self.ledger.chains.values() for link in chain]


@pytest.fixture
def desk():
    return Desk()


@pytest.mark.parametrize("file", FILES.values(), ids=list(FILES))
def test_a_record_is_found_in_every_form_it_lies_about_in(desk, file):
    shown = desk.open(file)
    assert [each.content["message_id"] for each in shown] == ["m-1", "m-2"]


def test_everybody_named_in_it_has_the_unsealing_in_their_ledger(desk):
    desk.open(RECORD)
    assert {entry.subject for entry in desk.entries} == {ADA_KEY, MAIL_KEY}
    for entry in desk.entries:
        assert (entry.kind, entry.by, entry.purpose) == ("unseal", WARRANT.by, "ticket 4711")
        assert entry.source == "s3://parked/object"


def test_the_ledger_never_holds_what_was_opened(desk):
    desk.open(RECORD)
    written = json.dumps([str(entry) for entry in desk.entries])
    assert "Order Completed" not in written
    assert "ada@example.com" not in written


def test_nothing_is_shown_when_the_ledger_does_not_take_it(desk):
    desk.ledger.failing = RetryLater("ledger_unavailable", "no answer")
    with pytest.raises(RetryLater, match="ledger_unavailable"):
        desk.open(RECORD)


def test_each_opening_is_an_entry_of_its_own(desk):
    desk.open(RECORD)
    desk.clock.advance(1)
    desk.open(RECORD)
    assert len(desk.ledger.chains[ADA_KEY]) == 2


@pytest.mark.parametrize("purpose", ["", "why", "  because ", "\n"])
def test_without_a_purpose_nothing_is_opened(desk, purpose):
    with pytest.raises(NeedsHuman, match="no_purpose"):
        desk.open(RECORD, Warrant(by="me", purpose=purpose, what="file"))
    assert desk.entries == []


@pytest.mark.parametrize(
    "purpose",
    [
        "mail of ada@example.com",
        "word " * 60,
        "a call of +49 170 1234567",
        "call back (0170) 123-45-67",
        "erasure of user_id:4711",
    ],
)
def test_a_purpose_names_nobody(desk, purpose):
    """The ledger outlives erasure."""
    with pytest.raises(NeedsHuman, match="bad_purpose"):
        desk.open(RECORD, Warrant(by="me", purpose=purpose, what="file"))


@pytest.mark.parametrize("purpose", ["ticket 1234567890123", "letter of 2026-11-26", "case:17 +1"])
def test_a_purpose_may_hold_numbers_that_are_no_phones(purpose):
    assert check_purpose(purpose) == purpose


@pytest.mark.parametrize("key", [ADA_KEY, MAIL_KEY])
def test_an_erased_person_is_refused_by_any_of_their_identifiers(desk, key):
    desk.erased[key] = 1_000
    shown = desk.open(RECORD)
    assert [(each.refused, each.content) for each in shown] == [("erased", None)] * 2
    assert desk.entries == []


def test_who_came_back_after_an_erasure_may_be_opened_from_then_on(desk):
    desk.erased[ADA_KEY] = 1_000
    both = (event(1, received_at=1_000), event(2, received_at=1_001))
    shown = desk.open(seal_envelope(Envelope(events=both), VAULT))
    assert [each.refused for each in shown] == ["erased", ""]


def test_the_payload_of_a_failed_event_is_shown_as_it_came(desk):
    (shown,) = desk.open(failed_event(b'{"type":"nonsense"}'))
    assert shown.content == '{"type":"nonsense"}'
    assert shown.clear["code"] == "no_identifier"
    (entry,) = desk.entries
    assert entry.subject.startswith("unseal#"), "it names nobody, and still is recorded"


def test_bytes_that_are_no_text_are_shown_as_hex(desk):
    (shown,) = desk.open(failed_event(b"\xff\x00"))
    assert shown.content == "ff00"


@pytest.mark.parametrize(
    "payload",
    [
        {"userId": "ada", "type": "nonsense"},
        {"batch": [{"traits": {"email": " Ada@Example.com "}}]},
    ],
)
def test_a_failed_event_of_an_erased_person_is_refused_wherever_it_names_them(desk, payload):
    desk.erased |= {ADA_KEY: 1_000, MAIL_KEY: 1_000}
    (shown,) = desk.open(failed_event(json.dumps(payload).encode()))
    assert (shown.refused, shown.content) == ("erased", None)


def test_a_row_of_the_lake_is_opened_as_well(desk):
    subject = desk.subjects.keys([ADA_KEY])[ADA_KEY]
    row = to_row(event(), subject)
    part = SealedPart(kind="row", place="0", data=row.sealed, subject=row.subject)
    (shown,) = desk.open([part])
    assert shown.content["message_id"] == "m-1"
    desk.subjects.erase([ADA_KEY], since=1, erased_at=2)
    (shown,) = desk.open([part])
    assert (shown.refused, shown.content) == ("erased", None)


def test_what_was_changed_is_refused_and_the_rest_is_shown(desk):
    broken = bytearray(RECORD)
    broken[-1] ^= 1
    file = {"Records": [{"Data": base64.b64encode(each).decode()} for each in (broken, RECORD)]}
    shown = desk.open(json.dumps(file).encode())
    assert [each.refused for each in shown] == ["unreadable", "", ""]


def test_no_more_is_opened_than_was_asked_for(desk):
    assert len(desk.open(RECORD, most=1)) == 1


@pytest.mark.parametrize("file", [b"", b"{}", b"[]", b"null", b"7", b'{"payload": {}}', b'"x"'])
def test_a_file_without_a_sealed_payload_says_what_would_be_one(file):
    with pytest.raises(GiveUp, match="nothing_sealed"):
        sealed_parts(file)


@given(
    st.binary(max_size=200)
    | st.recursive(
        st.none() | st.text(max_size=9),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["Records", "Body", "data", "payload", "kinesis"]), inner
            )
        ),
        max_leaves=8,
    ).map(lambda value: json.dumps(value).encode())
)
def test_any_file_has_an_answer(file):
    desk = Desk()
    try:
        shown = desk.open(file)
    except GiveUp:
        return
    assert {each.refused for each in shown} <= {"unreadable", "unreadable_record"}


@pytest.mark.parametrize(
    "payload",
    [
        b'{"data": {"to": ["ADA@example.com"]}}',
        b'{"note": "call ada@example.com, please"}',
        b'{"ada@example.com": 1}',
        b'{"customer": {"id": "ada"}}',
        b"email=ada%40example.com&x=1",
        b"<mail>ada@example.com</mail>",
        b'{"number": "+49 170 12345678"}',
        b"+49 (170) 123-45678 called",
    ],
)
def test_any_word_of_what_nobody_understood_may_be_an_erased_person(desk, payload):
    phone = f"i#phone#{VAULT.token('phone', '+4917012345678')}"
    file = failed_event(payload)
    (shown,) = desk.open(file)
    assert shown.refused == ""
    desk.erased |= dict.fromkeys((ADA_KEY, MAIL_KEY, phone), 1_000)
    (shown,) = desk.open(file)
    assert (shown.refused, shown.content) == ("erased", None)
    desk.erased = dict.fromkeys((ADA_KEY, MAIL_KEY, phone), 999)
    assert desk.open(file)[0].refused == "", "it came after the erasure"


def test_who_may_be_named_by_a_word_has_no_entry_in_their_ledger(desk):
    desk.open(failed_event(b'{"customer": {"id": "ada"}, "email": "bob@example.com"}'))
    bob = f"i#email#{VAULT.token('email', 'bob@example.com')}"
    assert {entry.subject for entry in desk.entries} == {bob}


def test_a_failed_event_is_refused_with_what_its_request_said_and_the_other_way_round(desk):
    desk.erased[ADA_KEY] = 1_000
    for payload, arrival in ((b'"ada"', b'"x"'), (b'"x"', b'{"context": {"traits": ["ada"]}}')):
        packed = VAULT.seal(zlib.compress(arrival), context="failed_event")
        file = failed_event(payload, arrival=base64.b64encode(packed).decode())
        shown = desk.open(file)
        assert [each.refused for each in shown] == ["erased", "erased"]
        assert [each.refused for each in desk.open(file, most=1)] == ["erased"]
    packed = VAULT.seal(zlib.compress(b'{"context": {}}'), context="failed_event")
    shown = desk.open(failed_event(b'"y"', arrival=base64.b64encode(packed).decode()))
    assert [each.content for each in shown] == ['"y"', '{"context": {}}']


def test_two_failed_events_of_one_file_are_refused_each_for_itself(desk):
    desk.erased[ADA_KEY] = 1_000
    file = b"[" + failed_event(b'"ada"') + b"," + failed_event(b'"bob"') + b"]"
    assert [each.refused for each in desk.open(file)] == ["erased", ""]
