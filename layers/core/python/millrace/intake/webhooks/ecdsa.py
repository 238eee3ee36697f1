"""Signatures by ECDSA: the vendor keeps the private key, our secret is the public one."""

from __future__ import annotations

import base64
import binascii
import functools

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

from millrace.errors import NeedsHuman
from millrace.intake.webhooks.delivery import Delivery
from millrace.intake.webhooks.reasons import refuse
from millrace.intake.webhooks.signed import Piece, Signatures, signed_text
from millrace.intake.webhooks.timestamps import Timestamp

_ARMOUR = ("-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----")


class Ecdsa(msgspec.Struct, frozen=True, kw_only=True):
    """ECDSA on P-256 with SHA-256 over `over`; the signature is base64 of DER."""

    signatures: Signatures
    over: tuple[Piece, ...]
    timestamp: Timestamp

    def check(self, delivery: Delivery) -> None:
        """RejectedEvent when the request is not the vendor's, or too old."""
        keys = [public_key(secret) for secret in delivery.valid_keys()]
        text = signed_text(self.over, delivery)
        given = self.signatures(delivery)
        if not any(_is_signed(key, each, text) for key in keys for each in given):
            raise refuse("signature_mismatch")
        self.timestamp.check(delivery)


@functools.lru_cache(maxsize=32)
def public_key(secret: str) -> ec.EllipticCurvePublicKey:
    """The key in PEM, or in the bare base64 that vendors show; NeedsHuman `key_unusable`."""
    text = secret
    for line in _ARMOUR:
        text = text.replace(line, "")
    try:
        key = load_der_public_key(base64.b64decode("".join(text.split()), validate=True))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _unusable() from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise _unusable()
    return key


def _unusable() -> NeedsHuman:
    return NeedsHuman(
        "key_unusable", "the secret of the source is not an ECDSA public key on the curve P-256"
    )


def _is_signed(key: ec.EllipticCurvePublicKey, signature: str, text: bytes) -> bool:
    try:
        key.verify(base64.b64decode(signature, validate=True), text, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True
