"""The bytes of a body, inflated within bounds."""

from __future__ import annotations

import zlib

from millrace.http import Request
from millrace.intake.reasons import reject

MAX_BODY_BYTES = 512_000
_GZIP = b"\x1f\x8b"


def plain_body(request: Request) -> bytes:
    """The body without its compression; what its Content-Type claims does not matter.

    Gzip is known by its first bytes, because proxies inflate bodies and keep the header, and
    some clients do not send one. RejectedEvent `body_too_large` or `invalid_encoding`.
    """
    body = request.body
    if body.startswith(_GZIP):
        return _inflate(body, 16 + zlib.MAX_WBITS)
    if request.headers.get("content-encoding", "").strip().lower() == "deflate":
        is_wrapped = body[:1] == b"\x78"
        return _inflate(body, zlib.MAX_WBITS if is_wrapped else -zlib.MAX_WBITS)
    if len(body) > MAX_BODY_BYTES:
        raise reject("body_too_large")
    return body


def _inflate(body: bytes, window_bits: int) -> bytes:
    inflater = zlib.decompressobj(window_bits)
    try:
        plain = inflater.decompress(body, MAX_BODY_BYTES + 1)
    except zlib.error as error:
        raise reject("invalid_encoding") from error
    if len(plain) > MAX_BODY_BYTES:
        raise reject("body_too_large")
    if not inflater.eof or inflater.unused_data:
        raise reject("invalid_encoding")
    return plain
