"""The format under a subject's key: vectors, a second reader, and whatever must be refused."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from millrace.errors import GiveUp
from millrace.privacy.sealing import SUBJECT, Seed, seal_as
from millrace.privacy.subjects import DataKey, epoch_in
from tests.fakes.subjects import Counter

HERE = Path(__file__).parent
STEM = "i#email#0123456789abcdefghijkl"
SECRET = bytes(range(32))


def data_key(stem: str = STEM, epoch: int = 7, secret: bytes = SECRET) -> DataKey:
    return DataKey(stem, epoch, secret, Counter())


def second_reader(sealed: bytes, keys: dict[int, bytes], context: str) -> bytes:
    """Written from docs/reference/sealed-format.md alone, with none of our code."""
    number_bytes, info = {3: (2, b"millrace/sealed/3"), 4: (4, b"millrace/sealed/4")}[sealed[0]]
    number = int.from_bytes(sealed[1 : 1 + number_bytes], "big")
    header_bytes = 1 + number_bytes + 16 + 32
    header, body, tag = sealed[:header_bytes], sealed[header_bytes:-16], sealed[-16:]
    salt, commitment = header[-48:-32], header[-32:]
    okm = HKDFExpand(hashes.SHA512(), 64, info + salt).derive(keys[number])
    if okm[32:] != commitment:
        raise ValueError("commitment")
    cipher = Cipher(algorithms.AES(okm[:32]), modes.GCM(bytes(12), tag)).decryptor()
    cipher.authenticate_additional_data(header + context.encode())
    return cipher.update(body) + cipher.finalize()


@pytest.mark.parametrize("size", [0, 1, 17, 5000])
def test_two_readings_of_the_format_agree(size: int) -> None:
    plaintext = random.Random(size).randbytes(size)
    sealed = data_key().seal(plaintext, field="stem")
    assert second_reader(sealed, {7: SECRET}, f"{STEM}|stem") == plaintext
    assert data_key().open(sealed, field="stem") == plaintext


def test_the_second_reader_reads_the_vectors_of_both_versions() -> None:
    one = json.loads((HERE / "sealed_v3.json").read_text())
    keys = {one["key_version"]: bytes.fromhex(one["branch_key"])}
    assert (
        second_reader(bytes.fromhex(one["sealed"]), keys, one["context"]).decode()
        == one["plaintext"]
    )
    for vector in json.loads((HERE / "sealed_v4.json").read_text()):
        sealed, key = bytes.fromhex(vector["sealed"]), bytes.fromhex(vector["data_key"])
        context = f"{vector['stem']}|{vector['field']}"
        assert (
            second_reader(sealed, {vector["epoch"]: key}, context).decode() == vector["plaintext"]
        )


def test_the_format_is_the_published_vectors() -> None:
    for vector in json.loads((HERE / "sealed_v4.json").read_text()):
        sealed = seal_as(
            SUBJECT,
            vector["plaintext"].encode(),
            seed=Seed(bytes.fromhex(vector["data_key"])),
            number=vector["epoch"],
            salt=bytes.fromhex(vector["salt"]),
            context=f"{vector['stem']}|{vector['field']}",
        )
        assert sealed.hex() == vector["sealed"]
        assert epoch_in(sealed) == vector["epoch"]


def test_ten_thousand_flips_cuts_and_swaps_are_refused() -> None:
    dice, refused = random.Random(1), 0
    sealed = [data_key().seal(dice.randbytes(dice.randint(0, 80)), field="stem") for _ in range(16)]
    for one in sealed:
        for place in range(len(one) * 8):
            changed = bytearray(one)
            changed[place // 8] ^= 1 << place % 8
            refused += is_refused(bytes(changed))
        refused += sum(is_refused(one[:length]) for length in range(len(one)))
        refused += is_refused(one + b"\0")
        refused += is_refused(one, field="event")
        refused += is_refused(one, key=data_key(stem=STEM[:-1] + "m"))
        refused += is_refused(one, key=data_key(epoch=8))
        refused += is_refused(one, key=data_key(secret=bytes(32)))
    tried = sum(len(one) * 9 + 5 for one in sealed)
    assert refused == tried
    assert tried >= 10_000


def is_refused(sealed: bytes, *, field: str = "stem", key: DataKey | None = None) -> bool:
    try:
        (key or data_key()).open(sealed, field=field)
    except GiveUp:
        return True
    return False


def test_a_value_of_one_version_is_refused_as_the_other() -> None:
    sealed = data_key().seal(b"x" * 40, field="stem")
    with pytest.raises(GiveUp, match="not a sealed value of version 4"):
        data_key().open(b"\x03" + sealed[1:], field="stem")


def test_the_sealed_value_holds_nothing_of_the_plaintext_nor_the_key_shows_its_secret() -> None:
    assert b"bob" not in data_key().seal(b"bob@example.com", field="stem")
    assert repr(data_key()) == "DataKey(epoch=7)"
