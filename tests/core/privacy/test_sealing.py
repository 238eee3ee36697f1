import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from millrace.errors import GiveUp
from millrace.privacy import BranchKey, open_sealed, seal, token
from millrace.privacy.sealing import HEADER_BYTES, hkdf_sha512

KEY = BranchKey(1, bytes(range(32)))
SALT = bytes(range(100, 116))


def sealed_bob() -> bytes:
    return seal(b"bob@example.com", key=KEY, salt=SALT, context="profile|x")


@settings(max_examples=100)
@given(st.binary(max_size=2000), st.text(max_size=40), st.binary(min_size=16, max_size=16))
def test_what_was_sealed_opens_under_the_same_context(plaintext, context, salt):
    sealed = seal(plaintext, key=KEY, salt=salt, context=context)
    assert open_sealed(sealed, key=KEY, context=context) == plaintext


def test_the_sealed_value_holds_nothing_of_the_plaintext():
    assert b"bob" not in sealed_bob()


def test_every_single_flipped_bit_is_refused():
    sealed = sealed_bob()
    for position in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[position // 8] ^= 1 << (position % 8)
        with pytest.raises(GiveUp):
            open_sealed(bytes(changed), key=KEY, context="profile|x")


def test_every_truncation_is_refused():
    sealed = sealed_bob()
    for length in range(len(sealed)):
        with pytest.raises(GiveUp):
            open_sealed(sealed[:length], key=KEY, context="profile|x")


def test_another_context_or_key_is_refused():
    with pytest.raises(GiveUp, match="unreadable"):
        open_sealed(sealed_bob(), key=KEY, context="profile|y")
    with pytest.raises(GiveUp, match="commitment"):
        open_sealed(sealed_bob(), key=BranchKey(1, bytes(32)), context="profile|x")
    with pytest.raises(GiveUp, match="another version"):
        open_sealed(sealed_bob(), key=BranchKey(2, KEY.secret), context="profile|x")


def test_the_format_is_the_published_vector():
    vector = json.loads((Path(__file__).parent / "sealed_v1.json").read_text())
    key = BranchKey(vector["key_version"], bytes.fromhex(vector["branch_key"]))
    sealed = seal(
        vector["plaintext"].encode(),
        key=key,
        salt=bytes.fromhex(vector["salt"]),
        context=vector["context"],
    )
    assert sealed.hex() == vector["sealed"]
    assert len(sealed) == HEADER_BYTES + len(vector["plaintext"]) + 16


def test_hkdf_agrees_with_an_independent_implementation():
    import hmac

    extracted = hmac.digest(SALT, KEY.secret, "sha512")
    theirs = hmac.digest(extracted, b"info\x01", "sha512")
    assert hkdf_sha512(KEY.secret, SALT, b"info", 64) == theirs
    assert hkdf_sha512(KEY.secret, SALT, b"info", 40) == theirs[:40]
    with pytest.raises(ValueError, match="1 to 64"):
        hkdf_sha512(KEY.secret, SALT, b"info", 65)


def test_a_token_is_stable_short_and_differs_by_kind_value_and_key():
    bob = token(KEY.secret, "email", "bob@example.com")
    assert bob == token(KEY.secret, "email", "bob@example.com")
    others = {
        token(KEY.secret, "email", "bob@example.org"),
        token(KEY.secret, "user_id", "bob@example.com"),
        token(bytes(32), "email", "bob@example.com"),
    }
    assert len(bob) == 22
    assert bob not in others
    assert len(others) == 3


def test_a_branch_key_never_shows_its_secret():
    assert KEY.secret.hex() not in repr(KEY)
    assert repr(KEY) == "BranchKey(version=1)"
