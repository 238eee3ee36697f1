"""Look-up tokens: who somebody is can be asked for, never read back."""

from __future__ import annotations

import base64

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

TOKEN_BYTES = 16
TOKEN_CHARACTERS = 22


class LookupKey:
    """The secret under which tokens are made; being keyed, it is quick at the next."""

    def __init__(self, secret: bytes) -> None:
        self._hmac = HMAC(secret, SHA256())

    def token(self, kind: str, value: str) -> str:
        """HMAC-SHA256 of kind and value, 128 bits, URL-safe: 22 characters.

        A bare hash would not do: e-mail addresses can be guessed.
        """
        digest = self._hmac.copy()
        digest.update(f"{kind}\0{value}".encode())
        encoded = base64.urlsafe_b64encode(digest.finalize()[:TOKEN_BYTES])
        return encoded[:TOKEN_CHARACTERS].decode()
