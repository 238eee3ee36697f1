"""Which facts put an address on the list, which take it off, and whom it is kept from."""

import msgspec
import pytest

from millrace.events import Event, Identifier
from millrace.privacy.signals import is_trusted, records_of
from millrace.privacy.suppression import blocks, changes_of
from millrace.settings import ConsentSettings

RULES = ConsentSettings(trusted_sources=["sendgrid", "s"])


def changed(event, token="ada"):
    said = records_of(event, b"1", RULES)
    return changes_of(event, token, said, is_trusted=is_trusted(event, RULES))


def changes(kind="track", **fields):
    known = {"message_id": "m1", "type": kind, "source": "sendgrid", "event_at": 5}
    anchor = Identifier("email", "ada@example.com")
    event = Event(**{**known, "received_at": 9, "anchor": anchor, **fields})
    found = list(changed(event))
    assert all(each.token == "ada" and each.at == 5 for each in found)
    return {each.reason: each.is_on for each in found}


@pytest.mark.parametrize(
    ("name", "properties", "expected"),
    [
        ("Unsubscribed", {}, {"unsubscribed": True}),
        ("Email Marked as Spam", {}, {"complained": True}),
        ("Email Bounced", {"bounce_type": "hard"}, {"bounced": True}),
        ("Email Bounced", {"bounce_type": "soft"}, {}),
        ("Email Bounced", {}, {}),
        ("Resubscribed", {}, {"unsubscribed": False, "opted_out": False, "objected": False}),
        ("Subscribed", {}, {"unsubscribed": False, "opted_out": False}),
        ("Email Opened", {}, {}),
    ],
)
def test_what_an_esp_reports_changes_the_list(name, properties, expected):
    assert changes(name=name, properties=properties) == expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("denied", {"unsubscribed": True}),
        ("granted", {"unsubscribed": False, "opted_out": False, "objected": False}),
        ("pending", {}),
    ],
)
def test_a_decision_about_mail_changes_it_too(status, expected):
    said = {"purpose": "email_marketing", "status": status}
    assert changes("operation", name="consent.record", properties=said) == expected


@pytest.mark.parametrize(
    ("name", "properties", "expected"),
    [
        ("Unsubscribed", {}, {"opted_out": True}),
        ("Email Marked as Spam", {}, {"opted_out": True}),
        ("Email Bounced", {"bounce_type": "hard"}, {}),
        ("Resubscribed", {}, {"opted_out": False}),
        ("Subscribed", {}, {"opted_out": False}),
    ],
)
def test_a_source_that_is_not_trusted_lifts_only_what_came_the_same_way(name, properties, expected):
    assert changes(name=name, properties=properties, source="website") == expected


def test_a_yes_from_a_clock_that_is_ahead_is_no_newer_than_its_receipt():
    event = Event(
        message_id="m",
        type="track",
        source="s",
        event_at=99,
        received_at=9,
        name="Resubscribed",
        anchor=Identifier("email", "ada@example.com"),
    )
    lifted = list(changed(event))
    assert {each.at for each in lifted} == {9}


def test_a_banner_takes_nobody_off_the_list():
    context = {"consent": {"categoryPreferences": {"email_marketing": True}}}
    assert changes("page", context=context) == {}


@pytest.mark.parametrize(
    ("reasons", "purposes", "is_blocked"),
    [
        ([], ["email_marketing"], False),
        (["bounced"], ["email_marketing", "sharing"], True),
        (["bounced"], ["sharing"], False),
        (["objected"], ["sharing"], True),
        (["operator"], ["sharing"], True),
    ],
)
def test_mail_reasons_block_mail_and_an_objection_everything(reasons, purposes, is_blocked):
    assert blocks(reasons, purposes) is is_blocked


def test_a_change_holds_no_address():
    event = Event(
        message_id="m",
        type="track",
        source="s",
        event_at=1,
        received_at=1,
        name="Unsubscribed",
        anchor=Identifier("email", "ada@example.com"),
        traits={"email": "ada@example.com"},
    )
    (change,) = changed(event, "token")
    assert b"ada" not in msgspec.json.encode(change)
