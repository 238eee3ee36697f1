"""Signature Version 4 of a JSON request: POST / with a body, nothing in the query.

botocore signs any request; ours has one shape, so the signing key is kept for the day and the
canonical request is one string. `tests/adapters/test_sigv4.py` holds it against botocore's.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from typing import Any

import msgspec

ALGORITHM = "AWS4-HMAC-SHA256"


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """Where signatures are good: one service in one region."""

    region: str
    service: str


class Signer:
    """Signs with the credentials of the moment; temporary ones bring their session token."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._kept: tuple[tuple[str, str], bytes] | None = None

    def sign(self, headers: dict[str, str], body: bytes, credentials: Any, now: float) -> None:
        """Put date, token and authorization into `headers`, which hold what else is signed.

        Their names must be in lower case. `now` is in epoch seconds.
        """
        moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
        headers["x-amz-date"] = moment
        if credentials.token:
            headers["x-amz-security-token"] = credentials.token
        names = sorted(headers)
        signed = ";".join(names)
        lines = "".join([f"{name}:{headers[name]}\n" for name in names])
        request = f"POST\n/\n\n{lines}\n{signed}\n{hashlib.sha256(body).hexdigest()}"
        day = moment[:8]
        scope = f"{day}/{self._scope.region}/{self._scope.service}/aws4_request"
        digest = hashlib.sha256(request.encode()).hexdigest()
        text = f"{ALGORITHM}\n{moment}\n{scope}\n{digest}"
        key = self._key(day, credentials.secret_key)
        signature = hmac.digest(key, text.encode(), "sha256").hex()
        headers["authorization"] = (
            f"{ALGORITHM} Credential={credentials.access_key}/{scope}, "
            f"SignedHeaders={signed}, Signature={signature}"
        )

    def _key(self, day: str, secret: str) -> bytes:
        kept = self._kept  # one look: other threads may put another one here
        if kept is not None and kept[0] == (day, secret):
            return kept[1]
        key = f"AWS4{secret}".encode()
        for part in (day, self._scope.region, self._scope.service, "aws4_request"):
            key = hmac.digest(key, part.encode(), "sha256")
        self._kept = ((day, secret), key)
        return key
