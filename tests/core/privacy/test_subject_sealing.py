"""The format under a subject's key: its vectors, and what a second reader makes of them."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from millrace.errors import GiveUp
from millrace.privacy.sealing import SUBJECT, Seed, seal_as
from millrace.privacy.subjects import DataKey, epoch_in
from tests.core.privacy.second_reader import second_reader
from tests.fakes.subjects import Counter

HERE = Path(__file__).parent
STEM = "i#email#0123456789abcdefghijkl"
SECRET = bytes(range(32))


def data_key(stem: str = STEM, epoch: int = 7, secret: bytes = SECRET) -> DataKey:
    return DataKey(stem, epoch, secret, Counter())


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


def test_a_value_of_one_version_is_refused_as_the_other() -> None:
    sealed = data_key().seal(b"x" * 40, field="stem")
    with pytest.raises(GiveUp, match="not a sealed value of version 4"):
        data_key().open(b"\x03" + sealed[1:], field="stem")


def test_the_sealed_value_holds_nothing_of_the_plaintext_nor_the_key_shows_its_secret() -> None:
    assert b"bob" not in data_key().seal(b"bob@example.com", field="stem")
    assert repr(data_key()) == "DataKey(epoch=7)"
