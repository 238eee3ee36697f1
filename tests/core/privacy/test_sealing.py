import base64
import hmac
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from hypothesis import given, settings
from hypothesis import strategies as st

from millrace.errors import GiveUp
from millrace.privacy import BranchKey, LookupKey, open_sealed, seal
from millrace.privacy.sealing import HEADER_BYTES, Seed

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
    vector = json.loads((Path(__file__).parent / "sealed_v3.json").read_text())
    key = BranchKey(vector["key_version"], bytes.fromhex(vector["branch_key"]))
    sealed = seal(
        vector["plaintext"].encode(),
        key=key,
        salt=bytes.fromhex(vector["salt"]),
        context=vector["context"],
    )
    assert sealed.hex() == vector["sealed"]
    assert len(sealed) == HEADER_BYTES + len(vector["plaintext"]) + 16


@settings(max_examples=50)
@given(st.binary(min_size=32, max_size=32), st.lists(st.binary(max_size=200), max_size=3))
def test_a_seed_derives_what_rfc_5869_expands_however_often_it_is_asked(secret, infos):
    seed = Seed(secret)
    for info in infos:
        assert seed.derive(info) == HKDFExpand(SHA512(), 64, info).derive(secret)


def test_a_token_is_stable_short_and_differs_by_kind_value_and_key():
    key = LookupKey(KEY.secret)
    bob = key.token("email", "bob@example.com")
    assert bob == key.token("email", "bob@example.com")
    others = {
        key.token("email", "bob@example.org"),
        key.token("user_id", "bob@example.com"),
        LookupKey(bytes(32)).token("email", "bob@example.com"),
    }
    assert len(bob) == 22
    assert bob not in others
    assert len(others) == 3


@settings(max_examples=50)
@given(st.binary(min_size=32, max_size=32), st.text(max_size=9), st.text(max_size=200))
def test_a_token_is_half_of_an_hmac_sha256_as_python_makes_it(secret, kind, value):
    theirs = hmac.digest(secret, f"{kind}\0{value}".encode(), "sha256")[:16]
    assert base64.urlsafe_b64decode(LookupKey(secret).token(kind, value) + "==") == theirs


def test_a_branch_key_never_shows_its_secret():
    assert KEY.secret.hex() not in repr(KEY)
    assert repr(KEY) == "BranchKey(version=1)"
