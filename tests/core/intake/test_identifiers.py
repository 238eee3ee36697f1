"""Identifiers: one spelling per person, and none for what identifies nobody."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millrace.events import Identifier
from millrace.events.identifiers import BLOCKED_VALUES, normalise
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


def test_an_unknown_kind_is_none():
    assert normalise("phone", "+49123") is None


@given(
    st.sampled_from(["user_id", "anonymous_id", "email"]),
    st.text(max_size=600) | st.emails() | st.integers() | st.floats() | st.text("\ud800ab@."),
)
def test_normalising_twice_changes_nothing_and_can_be_encoded(kind, value):
    once = normalise(kind, value)
    if once is not None:
        assert once.value.encode()
        assert normalise(kind, once.value) == once
