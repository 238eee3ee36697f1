"""What people said stands in the ledger once, however often and after whatever crash it comes."""

from __future__ import annotations

import itertools

import msgspec
import pytest

from millrace.consents.recording import RecordPorts, record
from millrace.errors import RetryLater
from millrace.privacy.ledger import faults
from millrace.privacy.suppression import TOKEN_KIND
from tests.core.profiles.stories import NOON, TRUSTING, Record, event, sealed
from tests.core.versions import BOUNCES, planned
from tests.fakes.clock import MemoryClock
from tests.fakes.ledger import MemoryLedger
from tests.fakes.suppressions import MemorySuppressions
from tests.fakes.vault import MemoryVault

VAULT = MemoryVault()
ADA = f"i#user_id#{VAULT.token('user_id', 'ada')}"


class Desk:
    def __init__(self):
        self.ledger = MemoryLedger(MemoryClock(NOON))
        self.suppressions = MemorySuppressions()
        self.ports = RecordPorts(
            vault=VAULT,
            ledger=self.ledger,
            suppressions=self.suppressions,
            rules=TRUSTING,
        )

    def take(self, *events):
        return record(records(*events), self.ports)

    def said(self, subject=ADA):
        return [(e.entry.purpose, e.entry.status) for e in self.ledger.read(subject)]

    def reasons(self, address="ada@x.com"):
        token = VAULT.token(TOKEN_KIND, address)
        return self.suppressions.read_many([token]).get(token, frozenset())


def records(*events):
    return [
        Record(sequence_number=f"{number:03}", data=sealed(VAULT, one))
        for number, one in enumerate(events)
    ]


def banner(message_id, at=0, *, name="Product Viewed", **purposes):
    context = {"consent": {"categoryPreferences": purposes}}
    return msgspec.structs.replace(event(message_id, user="ada", at=at, name=name), context=context)


def decided(message_id, at=0, **purposes):
    return banner(message_id, at, name="Segment Consent Preference Updated", **purposes)


def by_operator(message_id, status, **properties):
    said = event(message_id, user="ada", kind="operation")
    told = {"purpose": "email_marketing", "status": status, **properties}
    return msgspec.structs.replace(said, name="consent.record", properties=told)


@pytest.fixture
def desk():
    return Desk()


def test_every_decision_is_an_entry_once_however_often_it_is_delivered(desk):
    batch = [decided("m1", 1, analytics=True), decided("m2", 2, analytics=False)]
    assert [desk.take(*batch).entries, desk.take(*batch).entries] == [2, 0]
    desk.take(batch[0])
    assert desk.said() == [("analytics", "granted"), ("analytics", "denied")]
    assert faults(desk.ledger.read(ADA)) == []


def test_a_banner_on_every_event_is_an_entry_only_when_it_says_something_else(desk):
    desk.take(*(banner(f"m{n}", n, analytics=True) for n in range(5)))
    desk.take(*(banner(f"n{n}", 10 + n, analytics=n < 2) for n in range(4)))
    assert desk.said() == [("analytics", "granted"), ("analytics", "denied")]


def test_a_banner_that_is_older_than_the_last_decision_is_no_change(desk):
    desk.take(banner("m1", 1, analytics=True), banner("m2", 2, analytics=True))
    desk.take(decided("m3", 5, analytics=False))
    desk.take(banner("m2", 2, analytics=True))
    assert desk.said() == [("analytics", "granted"), ("analytics", "denied")]


def test_what_says_nothing_about_consent_leaves_no_entry(desk):
    assert desk.take(event("m1", user="ada"), event("m2", user="bob", kind="page")).entries == 0
    assert desk.ledger.chains == {}


def test_an_entry_tells_who_what_when_and_why_and_names_nobody(desk):
    desk.take(
        by_operator(
            "m1",
            "granted",
            basis="consent",
            text_version="2026-10",
            proof="ada@x.com ticked box 7",
            operator="arn:aws:iam::1:role/privacy",
        )
    )
    (link,) = desk.ledger.read(ADA)
    entry = link.entry
    assert (entry.basis, entry.text_version, entry.source) == ("consent", "2026-10", "web")
    assert (entry.at, entry.by) == (NOON, "arn:aws:iam::1:role/privacy")
    assert entry.proof == VAULT.token("proof", "ada@x.com ticked box 7")
    assert b"ada@x.com" not in msgspec.json.encode(link)


@pytest.mark.parametrize("text", ["text for ada@x.com", "Ada Lovelace", "\u00e4", "x" * 65])
def test_a_version_that_could_name_somebody_is_a_fingerprint(desk, text):
    desk.take(by_operator("m1", "granted", text_version=text, basis=text))
    (link,) = desk.ledger.read(ADA)
    assert link.entry.text_version == link.entry.basis == "#" + VAULT.token("text", text)


def test_unsubscribes_complaints_and_dead_mailboxes_go_on_the_list_by_token_only(desk):
    desk.take(event("m1", email="ada@x.com", name="Unsubscribed"))
    desk.take(event("m2", email="ada@x.com", name="Email Marked as Spam"))
    bounced = event("m3", email="bob@x.com", name="Email Bounced")
    desk.take(msgspec.structs.replace(bounced, properties={"bounce_type": "hard"}))
    assert desk.reasons() == {"unsubscribed", "complained"}
    assert desk.reasons("bob@x.com") == {"bounced"}
    assert "x.com" not in repr(desk.suppressions.known)


def test_a_bounce_in_the_words_of_an_older_version_is_a_bounce(desk, monkeypatch):
    bounced = event("m1", email="bob@x.com", name="Email Bounced", source="sendgrid")
    with planned(monkeypatch, BOUNCES):
        desk.take(msgspec.structs.replace(bounced, properties={"is_permanent": True}))
    assert desk.reasons("bob@x.com") == {"bounced"}


def test_who_subscribes_again_is_taken_off_for_that_reason_whichever_comes_first(desk):
    left = event("m1", email="ada@x.com", at=1, name="Unsubscribed")
    back = event("m2", email="ada@x.com", at=2, name="Resubscribed")
    desk.take(back, left)
    assert desk.reasons() == frozenset()


def test_a_record_that_nobody_can_open_is_left_to_the_profiles(desk):
    junk = Record(sequence_number="000", data=b"junk")
    done = record([junk, *records(decided("m1", analytics=True))], desk.ports)
    assert (done.unreadable, done.entries, done.retry) == (1, 1, [])


class Crashed(Exception):
    pass


class Fragile:
    """A port whose call number `at`, of all, does not return: before or after its effect."""

    def __init__(self, port, calls, at, is_after):
        self._port, self._calls, self._at, self._is_after = port, calls, at, is_after

    def __getattr__(self, name):
        def call(*given):
            number = next(self._calls)
            if number == self._at and not self._is_after:
                raise Crashed
            answer = getattr(self._port, name)(*given)
            if number == self._at:
                raise Crashed
            return answer

        return call


STORY = [
    decided("m1", 1, analytics=True, email_marketing=True),
    banner("m2", 2, analytics=False),
    event("m3", user="ada", email="ada@x.com", at=3, name="Unsubscribed"),
    event("m4", user="ada", email="ada@x.com", at=4, name="Resubscribed"),
]


@pytest.mark.parametrize("is_after", [False, True])
def test_a_crash_at_any_call_and_a_new_delivery_end_in_the_same_ledger_and_list(is_after):
    whole = Desk()
    whole.take(*STORY)
    for at in itertools.count():
        desk, calls = Desk(), itertools.count()
        fragile = msgspec.structs.replace(
            desk.ports,
            ledger=Fragile(desk.ledger, calls, at, is_after),
            suppressions=Fragile(desk.suppressions, calls, at, is_after),
        )
        try:
            record(records(*STORY), fragile)
        except Crashed:
            desk.take(*STORY)
        else:
            break
        assert desk.ledger.chains == whole.ledger.chains, at
        assert desk.suppressions.known == whole.suppressions.known, at
    assert at > 8, "every call was tried"


def test_what_cannot_be_recorded_now_comes_again_from_there(desk):
    desk.ledger.failing = RetryLater("ledger_unavailable", "no answer")
    done = desk.take(event("m0", user="bob"), *STORY)
    assert done.retry == ["001", "002", "003", "004"]
    desk.take(*STORY)
    assert len(desk.ledger.read(ADA)) == 5
