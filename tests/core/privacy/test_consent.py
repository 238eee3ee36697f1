"""What people say about purposes, and what it answers, in whatever order it is heard."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millrace.events import Event, Identifier
from millrace.privacy.consent import (
    Answer,
    ConsentRecord,
    answer,
    deciding,
    is_allowed,
    refused,
    remember,
)
from millrace.privacy.signals import is_behaviour, records_of, signal_of
from millrace.settings import ConsentSettings, PurposeSettings

RULES = ConsentSettings()
ADA = Identifier("user_id", "ada")
DOUBLE = ConsentSettings(
    purposes={"email_marketing": PurposeSettings(is_double_opt_in=True)},
    traits={"email_opt_in": "email_marketing"},
)


def event(kind="page", **fields):
    known = {"message_id": "m1", "type": kind, "source": "website", "event_at": 10}
    return Event(**{**known, "received_at": 20, "anchor": ADA, **fields})


def banner(**categories):
    return {"consent": {"categoryPreferences": categories}}


def record(at, status, *, is_act=True, event=b"e", is_trusted=False):
    return ConsentRecord(at=at, event=event, status=status, is_act=is_act, is_trusted=is_trusted)


# ---- what one event says


def test_a_banners_categories_are_purposes_or_mean_some():
    rules = ConsentSettings(
        purposes={
            "analytics": PurposeSettings(categories=["Statistics"]),
            "email_marketing": PurposeSettings(categories=["Advertising"]),
            "sharing": PurposeSettings(categories=["advertising"]),
        }
    )
    said = signal_of(event(context=banner(Statistics=False, Advertising=True, Other=True)), rules)
    assert said == {"analytics": "denied", "email_marketing": "granted", "sharing": "granted"}
    assert signal_of(event(context=banner(email_marketing=True)), rules) == {
        "email_marketing": "granted"
    }


def test_of_two_categories_for_one_purpose_the_no_counts():
    rules = ConsentSettings(purposes={"sharing": PurposeSettings(categories=["A", "B"])})
    assert signal_of(event(context=banner(A=True, B=False)), rules) == {"sharing": "denied"}
    assert signal_of(event(context=banner(B=False, A=True)), rules) == {"sharing": "denied"}


@pytest.mark.parametrize(
    "name", ["Segment Consent Preference Updated", "Segment Consent Preference"]
)
def test_a_preference_event_is_an_act_and_no_behaviour(name):
    told = event("track", name=name, context=banner(analytics=False))
    assert records_of(told, b"1", RULES)["analytics"].is_act
    assert not is_behaviour(told)
    ambient = event("track", name="Product Viewed", context=banner(analytics=False))
    assert not records_of(ambient, b"1", RULES)["analytics"].is_act
    assert is_behaviour(ambient)


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("Unsubscribed", "denied"),
        ("Email Marked as Spam", "denied"),
        ("Subscribed", "granted"),
        ("Resubscribed", "granted"),
    ],
)
def test_what_an_esp_reports_is_an_act_about_mail(name, status):
    found = records_of(event("track", name=name, source="sendgrid"), b"1", RULES)
    assert {p: (r.status, r.is_act, r.source) for p, r in found.items()} == {
        "email_marketing": (status, True, "sendgrid")
    }


def test_chosen_preferences_are_read_by_purpose():
    told = event(
        "track",
        name="Subscription Preferences Updated",
        properties={"preferences": {"email_marketing": False, "newsletter": True}},
    )
    assert signal_of(told, RULES) == {"email_marketing": "denied"}


@pytest.mark.parametrize(
    "context",
    [
        {"gpc": True},
        {"gpc": "1"},
        {"consent": {"gpc": 1}},
        {"us_privacy": "1YYN"},
        {"consent": {"usPrivacy": "1-Y-"}},
        {"gpp": "DBABLA~BVQVAAAAAAJY.QA"},
        {"gpp": {"gppString": "DBABLA~BVQqAAAAAAJY.YA"}},
    ],
)
def test_an_opt_out_of_sale_denies_sharing_whatever_the_banner_says(context):
    consent = {**context.get("consent", {}), **banner(sharing=True)["consent"]}
    assert signal_of(event(context={**context, "consent": consent}), RULES) == {"sharing": "denied"}


@pytest.mark.parametrize(
    "context",
    [
        {"gpc": False},
        {"gpc": 0},
        {"us_privacy": "1YNN"},
        {"us_privacy": "2YYN"},
        {"us_privacy": ["1YYN"]},
        {"gpp": {"gppString": 7}},
        {"consent": "yes"},
        {"consent": {"categoryPreferences": ["analytics"]}},
        {"consent": {"categoryPreferences": {"analytics": "maybe"}}},
        {},
    ],
)
def test_what_says_nothing_says_nothing(context):
    assert signal_of(event(context=context), RULES) == {}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (True, {"email_marketing": "granted"}),
        ("yes", {"email_marketing": "granted"}),
        (False, {"email_marketing": "denied"}),
        ("opted_out", {"email_marketing": "denied"}),
        ("?", {}),
        (None, {}),
    ],
)
def test_a_crm_flag_is_a_signal_of_identify_calls_alone(value, said):
    rules = ConsentSettings(traits={"email_opt_in": "email_marketing"})
    assert signal_of(event("identify", traits={"email_opt_in": value}), rules) == said
    assert signal_of(event("page", traits={"email_opt_in": value}), rules) == {}


def test_the_consent_record_holds_basis_text_source_proof_and_time():
    told = event(
        "operation",
        name="consent.record",
        source="preference-centre",
        properties={
            "purpose": "email_marketing",
            "status": "granted",
            "basis": "contract",
            "text_version": "2026-10",
            "proof": "form 7",
        },
    )
    assert records_of(told, b"1", RULES) == {
        "email_marketing": ConsentRecord(
            at=10,
            event=b"1",
            status="granted",
            is_act=True,
            basis="contract",
            text_version="2026-10",
            source="preference-centre",
            proof="form 7",
            is_trusted=True,
        )
    }


def test_only_the_operators_command_is_one():
    properties = {"purpose": "email_marketing", "status": "granted"}
    assert signal_of(event("track", name="consent.record", properties=properties), RULES) == {}
    assert signal_of(event("operation", name="other", properties=properties), RULES) == {}
    for status in ("maybe", None, 1):
        told = event(
            "operation", name="consent.record", properties={**properties, "status": status}
        )
        assert signal_of(told, RULES) == {}


def test_a_purpose_that_the_configuration_does_not_know_is_not_recorded():
    told = event(
        "operation", name="consent.record", properties={"purpose": "spam", "status": "granted"}
    )
    assert records_of(told, b"1", RULES) == {}


@pytest.mark.parametrize("purpose", ["email_marketing"])
def test_with_double_opt_in_a_yes_waits_for_its_confirmation(purpose):
    def said(status):
        told = event(
            "operation", name="consent.record", properties={"purpose": purpose, "status": status}
        )
        return signal_of(told, DOUBLE)[purpose]

    assert [said(each) for each in ("granted", "pending", "confirmed", "denied", "withdrawn")] == [
        "pending",
        "pending",
        "granted",
        "denied",
        "denied",
    ]
    assert signal_of(event("track", name="Subscribed"), DOUBLE) == {purpose: "pending"}
    assert signal_of(event("identify", traits={"email_opt_in": True}), DOUBLE) == {
        purpose: "pending"
    }


# ---- what the records of a stem answer


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([record(1, "granted"), record(2, "denied")], "denied"),
        ([record(1, "denied"), record(2, "granted")], "granted"),
        ([record(1, "denied"), record(1, "granted")], "denied"),
        ([record(1, "denied"), record(2, "pending")], "pending"),
        ([record(1, "granted"), record(2, "pending")], "granted"),
        ([record(1, "granted"), record(2, "denied"), record(3, "pending")], "pending"),
        # a banner that still says yes does not undo a withdrawal; a new act does
        ([record(1, "denied"), record(2, "granted", is_act=False)], "denied"),
        (
            [record(1, "denied"), record(2, "granted", is_act=False), record(3, "granted")],
            "granted",
        ),
        # one that says no is believed
        ([record(1, "granted"), record(2, "denied", is_act=False)], "denied"),
        ([record(2, "granted"), record(1, "denied", is_act=False)], "granted"),
        (
            [
                record(1, "granted"),
                record(2, "denied", is_act=False),
                record(3, "granted", is_act=False),
            ],
            "granted",
        ),
    ],
)
def test_the_newest_act_decides_and_signals_only_take_away(records, expected):
    assert deciding(remember((), records)).status == expected
    assert deciding(remember((), reversed(records))).status == expected


@pytest.mark.parametrize("is_act", [True, False])
def test_a_yes_that_anybody_can_send_undoes_no_trusted_no(is_act):
    trusted = record(1, "denied", is_act=is_act, is_trusted=True)
    public = [record(2, "granted"), record(3, "denied"), record(4, "granted")]
    assert deciding(remember((), [trusted, *public])).status == "denied"
    assert deciding(remember((), public)).status == "granted"
    again = record(5, "granted", is_trusted=True)
    assert deciding(remember((), [trusted, *public, again])).status == "granted"
    anybody = record(6, "denied", is_act=False)
    assert deciding(remember((), [trusted, *public, again, anybody])).status == "denied"


RECORDS = st.builds(
    ConsentRecord,
    at=st.integers(1, 6),
    event=st.binary(min_size=1, max_size=1),
    status=st.sampled_from(["granted", "denied", "pending"]),
    is_act=st.booleans(),
)


@given(st.lists(RECORDS, max_size=8), st.randoms(use_true_random=False), st.integers(0, 8))
def test_records_add_up_in_any_order_and_in_any_parts(records, random, cut):
    whole = remember((), records)
    shuffled = [*records, *records[:2]]
    random.shuffle(shuffled)
    assert remember(remember((), shuffled[:cut]), shuffled[cut:]) == whole
    assert len(whole) <= 6
    assert deciding(whole) == deciding(records), "what is left out never decides"


# ---- what is allowed


def given_answer(status):
    return {"email_marketing": Answer(status=status, at=1)}


def test_a_purpose_is_allowed_when_it_is_granted_or_was_never_asked_for_and_needs_no_asking():
    assert is_allowed("email_marketing", given_answer("granted"), RULES)
    assert not is_allowed("email_marketing", given_answer("pending"), RULES)
    assert not is_allowed("email_marketing", given_answer("denied"), RULES)
    assert not is_allowed("email_marketing", {}, RULES)
    assert is_allowed("sharing", {}, RULES)
    assert not is_allowed("sharing", {"sharing": answer(record(1, "pending"))}, RULES)


def test_an_unknown_purpose_blocks_even_where_it_was_granted():
    assert not is_allowed("spam", {"spam": Answer(status="granted", at=1)}, RULES)
    assert refused(["sharing", "spam"], {}, RULES) == ("spam",)


def test_no_purpose_at_all_blocks():
    assert refused([], {}, RULES)
