"""The sealed formats: AES-256-GCM under a one-time key derived from a longer-lived one.

    byte  0        1          version: 3 under a branch key, 4 under a subject's data key
          1..      2 or 4     number of that key, big endian: the branch's version (2 bytes)
                              or the subject's epoch (4 bytes)
          then     16         salt
          then     32         key commitment
          then     n + 16     ciphertext and tag

HKDF-Expand with SHA-512 (RFC 5869) over the key, the version and the salt gives 64 bytes: the
AES key and the commitment. A fresh salt makes a fresh key, so the nonce is fixed at zero. The
header and the caller's context are authenticated; the commitment binds the ciphertext to one key.
docs/reference/sealed-format.md says the same for whoever writes another reader; decision 31
says why there are no versions 1 and 2.
"""

from __future__ import annotations

import hmac

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.hmac import HMAC

from millrace.errors import GiveUp

SALT_BYTES = 16
COMMITMENT_BYTES = 32
TAG_BYTES = 16
_NONCE = bytes(12)
_SHA512 = SHA512()


class Format(msgspec.Struct, frozen=True):
    """One version of the sealed format."""

    version: int
    number_bytes: int
    info: bytes
    header_bytes: int


def _format(version: int, number_bytes: int) -> Format:
    header_bytes = 1 + number_bytes + SALT_BYTES + COMMITMENT_BYTES
    return Format(version, number_bytes, f"millrace/sealed/{version}".encode(), header_bytes)


BRANCH = _format(version=3, number_bytes=2)
SUBJECT = _format(version=4, number_bytes=4)
VERSION = BRANCH.version
HEADER_BYTES = BRANCH.header_bytes


class Seed:
    """32 secret bytes that one-time keys are derived from; being keyed, it is quick at the next."""

    def __init__(self, secret: bytes) -> None:
        self._hmac = HMAC(secret, _SHA512)

    def derive(self, info: bytes) -> bytes:
        """HKDF-Expand of RFC 5869 to 64 bytes. There is nothing to extract: the key is random."""
        step = self._hmac.copy()
        step.update(info + b"\x01")
        return step.finalize()


class BranchKey:
    """32 secret bytes and the version under which sealed values name them."""

    def __init__(self, version: int, secret: bytes) -> None:
        self.version = version
        self.secret = secret
        self.seed = Seed(secret)

    def __repr__(self) -> str:
        return f"BranchKey(version={self.version})"


def seal_as(
    form: Format, plaintext: bytes, *, seed: Seed, number: int, salt: bytes, context: str
) -> bytes:
    """Seal `plaintext`; `salt` is 16 fresh random bytes, never used twice."""
    okm = seed.derive(form.info + salt)
    header = bytes((form.version,)) + number.to_bytes(form.number_bytes, "big") + salt + okm[32:]
    return header + AESGCM(okm[:32]).encrypt(_NONCE, plaintext, header + context.encode())


def number_in(form: Format, sealed: bytes) -> int:
    """Which key a sealed value names; GiveUp `unreadable` when it is not of this format."""
    if len(sealed) < form.header_bytes + TAG_BYTES or sealed[0] != form.version:
        raise GiveUp("unreadable", f"not a sealed value of version {form.version}")
    return int.from_bytes(sealed[1 : 1 + form.number_bytes], "big")


def open_as(form: Format, sealed: bytes, *, seed: Seed, context: str) -> bytes:
    """The plaintext; GiveUp `unreadable` for a wrong key, context or any changed bit."""
    number_in(form, sealed)
    header, ciphertext = sealed[: form.header_bytes], sealed[form.header_bytes :]
    salt_at = 1 + form.number_bytes
    okm = seed.derive(form.info + header[salt_at : salt_at + SALT_BYTES])
    if not hmac.compare_digest(okm[32:], header[-COMMITMENT_BYTES:]):
        raise GiveUp("unreadable", "the key commitment does not match")
    try:
        return AESGCM(okm[:32]).decrypt(_NONCE, ciphertext, header + context.encode())
    except InvalidTag as error:
        raise GiveUp(
            "unreadable", "the value was changed or sealed under another context"
        ) from error


def seal(plaintext: bytes, *, key: BranchKey, salt: bytes, context: str) -> bytes:
    """Seal `plaintext` under a branch key; `salt` as in `seal_as`."""
    return seal_as(BRANCH, plaintext, seed=key.seed, number=key.version, salt=salt, context=context)


def branch_version(sealed: bytes) -> int:
    """Which branch key a sealed value names; GiveUp `unreadable` when it is not ours."""
    return number_in(BRANCH, sealed)


def open_sealed(sealed: bytes, *, key: BranchKey, context: str) -> bytes:
    """The plaintext; GiveUp `unreadable` for a wrong key, context or any changed bit."""
    if branch_version(sealed) != key.version:
        raise GiveUp("unreadable", "sealed under another version of the branch key")
    return open_as(BRANCH, sealed, seed=key.seed, context=context)
