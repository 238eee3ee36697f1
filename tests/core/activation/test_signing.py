"""Our Standard Webhooks signatures against the published vector and the reference package."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from millrace.activation import signature
from millrace.errors import NeedsHuman

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_the_published_vector():
    made = signature(SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@given(st.binary(min_size=24, max_size=64), st.text("abcXYZ019_", min_size=1), st.text())
def test_the_reference_package_signs_the_same(key, message_id, text):
    secret = "whsec_" + base64.b64encode(key).decode()
    body = text.encode("utf-8", "ignore")
    at = datetime(2026, 11, 22, 12, tzinfo=UTC)
    theirs = Webhook(secret).sign(message_id, at, body.decode())
    assert signature(secret, message_id, int(at.timestamp()), body) == theirs


@pytest.mark.parametrize(
    "secret", ["", "whsec_", "whsec_!!", SECRET.removeprefix("whsec_"), "not-a-secret-at-all"]
)
def test_a_malformed_secret_fails_closed_and_is_not_quoted(secret):
    with pytest.raises(NeedsHuman) as raised:
        signature(secret, "msg_1", 1, b"{}")
    assert str(raised.value) == "secret_malformed: a signing secret is `whsec_` and base64"
