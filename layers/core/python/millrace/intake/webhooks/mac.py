"""Signatures by HMAC: nearly every vendor's scheme is one template of pieces."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable
from typing import Literal

import msgspec

from millrace.errors import NeedsHuman
from millrace.intake.webhooks.delivery import Delivery
from millrace.intake.webhooks.reasons import refuse
from millrace.intake.webhooks.signed import Piece, Signatures, signed_text
from millrace.intake.webhooks.timestamps import Timestamp

MAX_SIGNATURES = 16


def text_key(secret: str) -> bytes:
    """The secret's text itself is the key."""
    return secret.encode()


def whsec_key(secret: str) -> bytes:
    """The key inside a `whsec_` secret of Standard Webhooks: base64 after the prefix."""
    try:
        key = base64.b64decode(secret.strip().removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not key:
        raise NeedsHuman("key_unusable", "the secret of the source is not `whsec_` and base64")
    return key


class Hmac(msgspec.Struct, frozen=True, kw_only=True):
    """HMAC over `over`; any of the given signatures may match under any valid secret."""

    signatures: Signatures
    over: tuple[Piece, ...]
    digest: Literal["sha256", "sha1"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    key: Callable[[str], bytes] = text_key
    timestamp: Timestamp | None = None

    def check(self, delivery: Delivery) -> None:
        """RejectedEvent when the request is not the vendor's, or too old."""
        given = [
            each.encode("utf-8", "surrogatepass")
            for each in self.signatures(delivery)[:MAX_SIGNATURES]
        ]
        expected = self._expected(delivery)
        # every pair is compared, as bytes: no early end, no error on odd characters or lengths
        if not sum(hmac.compare_digest(mine, theirs) for mine in expected for theirs in given):
            raise refuse("signature_mismatch" if given else "signature_missing")
        if self.timestamp is not None:
            self.timestamp.check(delivery)

    def _expected(self, delivery: Delivery) -> list[bytes]:
        keys = [self.key(secret) for secret in delivery.valid_keys()]
        text = signed_text(self.over, delivery)
        digests = [hmac.digest(key, text, self.digest) for key in keys]
        if self.encoding == "base64":
            return [base64.b64encode(digest) for digest in digests]
        return [digest.hex().encode() for digest in digests]
