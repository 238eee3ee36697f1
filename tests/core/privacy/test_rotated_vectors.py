"""The published vectors of a rotation: by a second reader, and byte for byte by our own code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from millrace.errors import GiveUp
from millrace.privacy.sealing import BRANCH, SUBJECT, Seed, seal_as
from millrace.privacy.subjects import DataKey, RotatedKey
from tests.core.privacy.test_subject_sealing import second_reader
from tests.fakes.subjects import Counter

VECTORS: dict[str, Any] = json.loads((Path(__file__).parent / "sealed_rotated.json").read_text())
STEM: str = VECTORS["stem"]
BRANCH_KEYS = {int(version): bytes.fromhex(k) for version, k in VECTORS["branch_keys"].items()}


def hexed(vector: dict[str, Any], name: str) -> bytes:
    return bytes.fromhex(vector[name])


def test_a_second_reader_needs_the_branch_keys_alone_to_read_everything() -> None:
    for vector in VECTORS["under_branch_keys"]:
        read = second_reader(hexed(vector, "sealed"), BRANCH_KEYS, vector["context"])
        assert read.decode() == vector["plaintext"]
    data_keys = {
        vector["epoch"]: second_reader(
            hexed(vector, "wrapped"), BRANCH_KEYS, f"{STEM}|{vector['epoch']}"
        )
        for vector in VECTORS["data_keys"]
    }
    for vector in VECTORS["under_data_keys"]:
        read = second_reader(hexed(vector, "sealed"), data_keys, f"{STEM}|{vector['field']}")
        assert read.decode() == vector["plaintext"]


def test_our_code_writes_the_same_bytes() -> None:
    for vector in VECTORS["under_branch_keys"]:
        number = vector["version"]
        made = seal_as(
            BRANCH,
            vector["plaintext"].encode(),
            seed=Seed(BRANCH_KEYS[number]),
            number=number,
            salt=hexed(vector, "salt"),
            context=vector["context"],
        )
        assert made == hexed(vector, "sealed")
    secrets = {}
    for vector in VECTORS["data_keys"]:
        secrets[vector["epoch"]] = secret = hexed(vector, "data_key")
        made = seal_as(
            BRANCH,
            secret,
            seed=Seed(BRANCH_KEYS[vector["version"]]),
            number=vector["version"],
            salt=hexed(vector, "salt"),
            context=f"{STEM}|{vector['epoch']}",
        )
        assert made == hexed(vector, "wrapped")
    for vector in VECTORS["under_data_keys"]:
        made = seal_as(
            SUBJECT,
            vector["plaintext"].encode(),
            seed=Seed(secrets[vector["epoch"]]),
            number=vector["epoch"],
            salt=hexed(vector, "salt"),
            context=f"{STEM}|{vector['field']}",
        )
        assert made == hexed(vector, "sealed")


def test_a_rotated_key_reads_both_epochs_and_a_key_of_one_epoch_its_own() -> None:
    keys = {
        vector["epoch"]: DataKey(STEM, vector["epoch"], hexed(vector, "data_key"), Counter())
        for vector in VECTORS["data_keys"]
    }
    rotated = RotatedKey(keys[2], {1: keys[1]})
    for vector in VECTORS["under_data_keys"]:
        opened = rotated.open(hexed(vector, "sealed"), field=vector["field"])
        assert opened.decode() == vector["plaintext"]
    first = VECTORS["under_data_keys"][0]
    with pytest.raises(GiveUp, match="another epoch"):
        keys[2].open(hexed(first, "sealed"), field=first["field"])
    assert repr(rotated) == "RotatedKey(DataKey(epoch=2), earlier=[1])"
