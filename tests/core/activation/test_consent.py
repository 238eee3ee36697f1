"""The send gate: consent as it is at the moment of sending, and nothing sent without it."""

from __future__ import annotations

import msgspec
import pytest

import millrace_destinations
from millrace.activation import Channel, channels_for
from millrace.errors import NeedsHuman, RetryLater
from millrace.privacy.consent import Answer
from millrace.privacy.suppression import TOKEN_KIND, Change
from millrace.settings import DestinationSettings
from millrace_destinations import klaviyo
from tests.fakes.bench import PIGEON, Bench, a_profile

DENIED = Answer(status="denied", at=9)
KEY = "i#user_id#a"


@pytest.fixture
def bench():
    return Bench()


def without(key=KEY, version=1, **consents):
    return msgspec.structs.replace(a_profile(key, version), consents=consents)


def suppress(bench, address, reason="unsubscribed", *, is_on=True, at=5):
    token = bench.vault.token(TOKEN_KIND, address)
    bench.suppressions.record(Change(token=token, reason=reason, at=at, is_on=is_on))


def ends(bench):
    return [request.url.rpartition("/")[2] for request in bench.http.requests]


@pytest.mark.parametrize(
    "consents",
    [
        {},
        {"email_marketing": DENIED},
        {"email_marketing": Answer(status="pending", at=9)},
        {"email_marketing": Answer(status="granted", at=1), "sharing": DENIED},
    ],
)
def test_who_does_not_allow_every_purpose_is_not_told_and_not_waited_for(bench, consents):
    report = bench.deliver(*bench.put(without(**consents)))
    assert (report.withheld, report.sent, report.keep) == (1, 0, frozenset())
    assert bench.http.requests == []
    assert bench.people.dirty == {}


def test_a_purpose_that_nobody_configured_blocks(bench):
    bench.channel = Channel(destination=PIGEON, secret_name="key", own_purposes=["sharing", "ads"])
    person = without(ads=Answer(status="granted", at=1))
    assert bench.deliver(*bench.put(person)).withheld == 1
    assert bench.http.requests == []


def test_consent_withdrawn_while_a_thousand_pushes_are_queued_sends_none_of_them(bench):
    people = [a_profile(f"i#user_id#{number}") for number in range(1000)]
    messages = bench.put(*people)
    for person in people:
        bench.people.put(without(person.key, 2, email_marketing=DENIED))
    for start in range(0, 1000, 500):
        assert bench.deliver(*messages[start : start + 500]).sent == 0
    assert bench.http.requests == []


def test_consent_withdrawn_between_two_requests_of_one_batch_stops_the_second(bench):
    people = [a_profile(f"i#user_id#{number:04}") for number in range(600)]
    messages = bench.put(*people)
    sending = bench.http.send

    def send(request, **options):
        for person in people:
            bench.people.put(without(person.key, 2, email_marketing=DENIED))
        return sending(request, **options)

    bench.http.send = send
    report = bench.deliver(*messages)
    assert len(bench.http.requests) == 1
    assert (report.sent, report.deferred) == (500, 100)
    assert {problem.code for problem in report.problems} == {"consent_changed"}


def test_a_message_that_waited_is_judged_by_the_answer_of_now(bench):
    (message,) = bench.put(without())
    bench.people.put(a_profile())
    assert bench.deliver(message).sent == 1


@pytest.mark.parametrize("receives", [1, 2, 7])
def test_a_retry_or_a_redrive_asks_anew(bench, receives):
    (message,) = bench.put(a_profile())
    bench.people.put(without(version=2))
    again = msgspec.structs.replace(message, receives=receives)
    assert bench.deliver(again).withheld == 1
    assert bench.http.requests == []


def test_where_consent_cannot_be_read_nothing_is_sent(bench):
    messages = bench.put(a_profile())
    reads = iter([None, RetryLater("profiles_unavailable", "no answer")])

    def on_read():
        error = next(reads)
        if error:
            raise error

    bench.people.on_read = on_read
    report = bench.deliver(*messages)
    assert bench.http.requests == []
    assert (report.deferred, report.keep) == (1, {messages[0].message_id})


def test_where_the_suppression_list_cannot_be_read_nothing_is_sent(bench):
    bench.suppressions.failing = RetryLater("suppressions_unavailable", "no answer")
    with pytest.raises(RetryLater):
        bench.deliver(*bench.put(a_profile()))
    assert bench.http.requests == []


def test_a_suppressed_address_is_not_told_whatever_the_profile_says(bench):
    suppress(bench, "a@example.com", "bounced")
    assert bench.deliver(*bench.put(a_profile())).withheld == 1
    assert bench.http.requests == []


def test_an_older_address_that_bounced_does_not_block_the_new_one_but_an_objection_does(bench):
    identifiers = {"email": ("new@example.com", "old@example.com")}
    person = msgspec.structs.replace(a_profile(), identifiers=identifiers)
    suppress(bench, "old@example.com", "bounced")
    assert bench.deliver(*bench.put(person)).sent == 1
    suppress(bench, "old@example.com", "objected")
    bench.deliver(*bench.put(msgspec.structs.replace(person, version=2)))
    assert ends(bench) == ["people", "left"]


def test_of_a_phone_only_an_objection_counts(bench):
    identifiers = {"email": ("new@example.com",), "phone": ("+4917012345678",)}
    person = msgspec.structs.replace(a_profile(), identifiers=identifiers)
    suppress(bench, "+4917012345678", "unsubscribed")
    assert bench.deliver(*bench.put(person)).sent == 1
    suppress(bench, "+4917012345678", "objected")
    bench.deliver(*bench.put(msgspec.structs.replace(person, version=2)))
    assert ends(bench) == ["people", "left"]


# ---- what may still be told: that consent was withdrawn


def test_who_was_told_of_is_told_as_withdrawn_once_and_without_anything_else(bench):
    bench.deliver(*bench.put(a_profile(city="Bern")))
    for _ in range(2):
        bench.deliver(*bench.put(without(version=2, email_marketing=DENIED)))
    assert ends(bench) == ["people", "left"]
    assert bench.http.requests[1].body == b'[{"email":"a@example.com"}]'


def test_who_was_never_told_of_stays_unknown(bench):
    report = bench.deliver(*bench.put(without(email_marketing=DENIED)))
    assert (report.withheld, bench.http.requests) == (1, [])


def test_who_was_being_told_of_when_the_function_died_is_told_as_withdrawn(bench):
    bench.deliveries.failing_replace = RetryLater("deliveries_unavailable", "crash")
    (message,) = bench.put(a_profile())
    with pytest.raises(RetryLater):
        bench.deliver(message)
    bench.people.put(without(version=2))
    bench.deliver(msgspec.structs.replace(message, receives=2))
    assert ends(bench) == ["people", "left"]


def test_who_consents_again_is_told_of_again(bench):
    bench.deliver(*bench.put(a_profile()))
    bench.deliver(*bench.put(without(version=2)))
    bench.deliver(*bench.put(a_profile(version=3)))
    assert ends(bench) == ["people", "left", "people"]


def test_a_destination_that_knows_no_withdrawal_is_told_of_no_more(bench):
    bench.channel = Channel(
        destination=msgspec.structs.replace(PIGEON, withdrawal=None), secret_name="key"
    )
    bench.deliver(*bench.put(a_profile()))
    assert bench.deliver(*bench.put(without(version=2))).withheld == 1
    assert len(bench.http.requests) == 1


# ---- what a destination is for


def test_a_destination_of_which_nobody_says_what_it_is_for_is_refused(monkeypatch):
    nameless = msgspec.structs.replace(klaviyo.destination, purposes=frozenset())
    monkeypatch.setattr(klaviyo, "destination", nameless)
    with pytest.raises(NeedsHuman, match="no_purposes: say what klaviyo is used for"):
        channels_for(millrace_destinations, {"klaviyo": DestinationSettings(secret="s")})
    settings = {"klaviyo": DestinationSettings(secret="s", purposes=["profiling"])}
    assert channels_for(millrace_destinations, settings)["klaviyo"].purposes == {"profiling"}
