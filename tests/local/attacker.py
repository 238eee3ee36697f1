"""Whoever holds every key that the system still holds, and whom no context and no tag can stop."""

from __future__ import annotations

import base64
import binascii
import hmac
import io
import json
import zlib
from collections.abc import Iterator
from typing import Any

import msgspec
import pyarrow.parquet as pq
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from local.engine import Engine

BRANCH = 3
NUMBER_BYTES = {BRANCH: 2, 4: 4}
PARQUET = b"PAR1"
MAX_DEPTH = 12


class Attacker:
    """Reads what is at rest by docs/reference/sealed-format.md alone, with none of our code.

    The key commitment says whether a key is the right one; the text is then taken without
    asking the tag, so that a context which is not known is no obstacle.
    """

    def __init__(self, engine: Engine) -> None:
        client, outputs = engine.cloud.client, engine.outputs
        items = [
            item
            for page in client("dynamodb").get_paginator("scan").paginate(
                TableName=outputs["SubjectsTable"]
            )
            for item in page["Items"]
        ]  # fmt: skip
        self.branches = [
            client("kms").decrypt(
                CiphertextBlob=item["wrapped"]["B"],
                EncryptionContext={
                    "millrace:stage": outputs["Stage"],
                    "millrace:purpose": item["pk"]["S"].removeprefix("key#"),
                },
            )["Plaintext"]
            for item in items
            if item["pk"]["S"].startswith("key#") and "wrapped" in item
        ]
        self.subjects: list[bytes] = []
        kept = [item for item in items if item["pk"]["S"].startswith("s#")]
        found = [(each, self._forced(each)) for item in kept for each in _bytes_in(item)]
        # what is not sealed is tried as a key as well
        self.subjects = [opened or each for each, opened in found]
        living = sum("wrapped" in item for item in kept)
        assert living <= sum(opened is not None for _, opened in found)

    def reads(self, entry: dict[str, Any]) -> bytes:
        """All that it can read of an entry, one after the other."""
        return b"\n".join(self._in(entry, 0))

    def _in(self, value: Any, depth: int) -> Iterator[bytes]:
        if depth > MAX_DEPTH:
            return
        if isinstance(value, dict):
            for name, each in value.items():
                yield from self._in(each, depth + 1)
                yield from self._in(name, depth + 1)
        elif isinstance(value, list | tuple):
            for each in value:
                yield from self._in(each, depth + 1)
        elif isinstance(value, str):
            yield from self._in_text(value, depth)
        elif isinstance(value, bytes):
            yield from self._in_bytes(value, depth)

    def _in_text(self, text: str, depth: int) -> Iterator[bytes]:
        if text[:1] in {"{", "["}:
            try:
                yield from self._in(json.loads(text), depth + 1)
            except ValueError:
                return
        else:
            try:
                yield from self._in_bytes(base64.b64decode(text, validate=True), depth)
            except (binascii.Error, ValueError):
                return

    def _in_bytes(self, raw: bytes, depth: int) -> Iterator[bytes]:
        if raw[:4] == PARQUET:
            yield from self._in(pq.read_table(io.BytesIO(raw)).to_pylist(), depth + 1)
            return
        plain = self._forced(raw)
        for said in _readings(plain or b""):
            yield said
            for decode in (msgspec.msgpack.decode, msgspec.json.decode):
                try:
                    yield from self._in(decode(said), depth + 1)
                except (msgspec.MsgspecError, UnicodeDecodeError):
                    continue

    def _forced(self, sealed: bytes) -> bytes | None:
        number_bytes = NUMBER_BYTES.get(sealed[0]) if sealed else None
        if number_bytes is None or len(sealed) < 1 + number_bytes + 48 + 16:
            return None
        header = sealed[: 1 + number_bytes + 48]
        info = b"millrace/sealed/%d" % sealed[0]
        for key in self.branches if sealed[0] == BRANCH else self.subjects:
            okm = hmac.digest(key, info + header[-48:-32] + b"\x01", "sha512")
            if okm[32:] == header[-32:]:
                counter = bytes(12) + (2).to_bytes(4, "big")  # where GCM begins with a zero nonce
                cipher = Cipher(algorithms.AES(okm[:32]), modes.CTR(counter)).decryptor()
                return cipher.update(sealed[len(header) : -16])
        return None


def _readings(plain: bytes) -> Iterator[bytes]:
    """As it is, and inflated; a byte may stand before it that says which."""
    for said in (plain, plain[1:]):
        try:
            yield zlib.decompressobj().decompress(said)
        except zlib.error:
            yield said


def _bytes_in(value: Any) -> Iterator[bytes]:
    if isinstance(value, dict):
        for each in value.values():
            yield from _bytes_in(each)
    elif isinstance(value, bytes):
        yield value
