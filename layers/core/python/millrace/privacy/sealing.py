"""The sealed format, version 1: AES-256-GCM under a one-time key derived from a branch key.

    byte  0        1          version
          1..2     2          version of the branch key, big endian
          3..18    16         salt
          19..50   32         key commitment
          51..     n + 16     ciphertext and tag

HKDF-SHA512 (RFC 5869) over the branch key and the salt gives 64 bytes: the AES key and the
commitment. A fresh salt makes a fresh key, so the nonce is fixed at zero. The header and the
caller's context are authenticated; the commitment binds the ciphertext to one key.
"""

from __future__ import annotations

import hashlib
import hmac

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from millrace.errors import GiveUp

VERSION = 1
SALT_BYTES = 16
HEADER_BYTES = 3 + SALT_BYTES + 32
TAG_BYTES = 16
_NONCE = bytes(12)
_INFO = b"millrace/sealed/1"


class BranchKey(msgspec.Struct, frozen=True):
    """32 secret bytes and the version under which sealed values name them."""

    version: int
    secret: bytes

    def __repr__(self) -> str:
        return f"BranchKey(version={self.version})"


def hkdf_sha512(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    """RFC 5869 for lengths up to 64 bytes, which one expansion step covers."""
    if not 0 < length <= hashlib.sha512().digest_size:
        raise ValueError(f"length must be 1 to 64, not {length}")
    pseudo_random_key = hmac.digest(salt, secret, "sha512")
    return hmac.digest(pseudo_random_key, info + b"\x01", "sha512")[:length]


def _derive(key: BranchKey, salt: bytes) -> tuple[AESGCM, bytes]:
    okm = hkdf_sha512(key.secret, salt, _INFO, 64)
    return AESGCM(okm[:32]), okm[32:]


def seal(plaintext: bytes, *, key: BranchKey, salt: bytes, context: str) -> bytes:
    """Seal `plaintext`; `salt` is 16 fresh random bytes, never used twice."""
    cipher, commitment = _derive(key, salt)
    header = bytes([VERSION]) + key.version.to_bytes(2, "big") + salt + commitment
    return header + cipher.encrypt(_NONCE, plaintext, header + context.encode())


def branch_version(sealed: bytes) -> int:
    """Which branch key a sealed value names; GiveUp `unreadable` when it is not ours."""
    if len(sealed) < HEADER_BYTES + TAG_BYTES or sealed[0] != VERSION:
        raise GiveUp("unreadable", "not a sealed value of version 1")
    return int.from_bytes(sealed[1:3], "big")


def open_sealed(sealed: bytes, *, key: BranchKey, context: str) -> bytes:
    """The plaintext; GiveUp `unreadable` for a wrong key, context or any changed bit."""
    if branch_version(sealed) != key.version:
        raise GiveUp("unreadable", "sealed under another version of the branch key")
    header, ciphertext = sealed[:HEADER_BYTES], sealed[HEADER_BYTES:]
    cipher, commitment = _derive(key, header[3 : 3 + SALT_BYTES])
    if not hmac.compare_digest(commitment, header[3 + SALT_BYTES :]):
        raise GiveUp("unreadable", "the key commitment does not match")
    try:
        return cipher.decrypt(_NONCE, ciphertext, header + context.encode())
    except InvalidTag as error:
        raise GiveUp(
            "unreadable", "the value was changed or sealed under another context"
        ) from error
