"""Identifiers: one spelling per person, and none for what identifies nobody."""

import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millrace.events import Identifier
from millrace.events.identifiers import BLOCKED_VALUES, IdentifierRules, normalise
from millrace.events.spelling import MAX_CHARACTERS


@pytest.mark.parametrize(
    ("kind", "value", "spelled"),
    [
        ("user_id", "u1", "u1"),
        ("user_id", "  U1\n", "U1"),
        ("user_id", "\ufeffu1\u200b", "u1"),
        ("user_id", 42, "42"),
        ("user_id", 42.0, "42"),
        ("user_id", 1.5, "1.5"),
        ("user_id", 2**64, "18446744073709551616"),
        ("user_id", "cafe\u0301", "café"),
        ("user_id", "x" * MAX_CHARACTERS, "x" * MAX_CHARACTERS),
        ("anonymous_id", "507F191E-810c", "507F191E-810c"),
        ("email", " Ada.Lovelace+shop@Example.COM ", "ada.lovelace+shop@example.com"),
        ("email", "\uff41da@example.com", "ada@example.com"),
        ("email", "o'hara@sub.example.co.uk", "o'hara@sub.example.co.uk"),
        ("email", "用户@例子.广告", "用户@例子.广告"),
        ("email", "a@xn--bcher-kva.example", "a@xn--bcher-kva.example"),
    ],
)
def test_one_person_has_one_spelling(kind, value, spelled):
    assert normalise(kind, value) == Identifier(kind, spelled)


NOBODY = [
    *sorted(BLOCKED_VALUES), "NULL", " Undefined ", "0", 0, 0.0, "000", "-", "0" * 32,
    "00000000-0000-0000-0000-000000000000", None, True, False, [], {}, b"u1", float("nan"),
    float("inf"), "x" * (MAX_CHARACTERS + 1), "a\nb", "a\x1b[31m", "\ud800", "a\0b",
]  # fmt: skip


@pytest.mark.parametrize("value", NOBODY)
@pytest.mark.parametrize("kind", ["user_id", "anonymous_id"])
def test_what_identifies_nobody_is_none(kind, value):
    assert normalise(kind, value) is None


@pytest.mark.parametrize(
    "value",
    ["ada", "ada@", "@example.com", "ada@example", "a@b@example.com", "a b@example.com",
     "<ada@example.com>", "ada@example..com", "ada@-example.com", "ada@example.com,b@example.com",
     "x" * 65 + "@example.com", "a@" + "x" * 250 + ".com", "ada@exam\u200bple.com", 5, None,
     "ada@example.com\r\nBcc: b@example.com", "mailto:ada@example.com"],
)  # fmt: skip
def test_an_impossible_address_is_none(value):
    assert normalise("email", value) is None


@pytest.mark.parametrize(
    ("value", "region", "spelled"),
    [
        ("+49 (0)30 / 123-456", "", "+4930123456"),
        ("\uff0b4930123456", "", "+4930123456"),
        ("030 123456", "DE", "+4930123456"),
        ("+1 212 555 2368", "DE", "+12125552368"),
        (4930123456, "", None),
        ("030 123456", "", None),
        ("+49123", "", None),
        ("+4930123456 ext. 7", "", None),
        ("+" + "1" * 70, "", None),
        ("call me", "DE", None),
        ("+0000000000", "", None),
        ("", "DE", None),
    ],
)
def test_a_phone_number_is_e164_or_nobody(value, region, spelled):
    found = normalise("phone", value, region)
    assert found == (None if spelled is None else Identifier("phone", spelled))


def test_an_unknown_kind_is_none():
    assert normalise("fax", "+4930123456") is None


def test_the_rules_of_the_owner_block_values_and_know_shared_inboxes():
    rules = IdentifierRules(blocked=frozenset({"test-user"}), shared_emails=("info@*", "*@shop.x"))
    assert rules.normalise("user_id", "Test-User") is None
    assert rules.normalise("user_id", "u1") == Identifier("user_id", "u1")
    assert rules.is_shared(Identifier("email", "info@any.example"))
    assert rules.is_shared(Identifier("email", "till@shop.x"))
    assert not rules.is_shared(Identifier("email", "ada@any.example"))
    assert not rules.is_shared(Identifier("user_id", "info@any.example"))
    assert IdentifierRules().is_shared(Identifier("email", "no-reply@any.example"))


def test_whoever_has_no_phone_number_never_pays_for_the_library_of_them():
    code = (
        "import sys, millrace.intake.track, millrace.profiles.update\n"
        "print('phonenumbers' in sys.modules)"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert told.stdout.strip() == "False"


@given(
    st.sampled_from(["user_id", "anonymous_id", "email", "phone"]),
    st.text(max_size=600) | st.emails() | st.integers() | st.floats() | st.text("\ud800ab@."),
)
def test_normalising_twice_changes_nothing_and_can_be_encoded(kind, value):
    once = normalise(kind, value)
    if once is not None:
        assert once.value.encode()
        assert normalise(kind, once.value) == once
