"""What vendors' ways of signing have in common, written apart from the code under test."""

import base64
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

NOW_MS = 1_780_000_000_000
URL = "https://in.example.com/v1/webhooks/shop?x=1"
WHSEC = "whsec_" + base64.b64encode(b"twenty-four-bytes-secret").decode()
OTHER_WHSEC = "whsec_" + base64.b64encode(b"another-24-bytes-secret!").decode()
TEXT, OTHER_TEXT = "a-secret-that-nobody-guesses", "a-secret-of-somebody-else--"


@dataclass(frozen=True)
class Posted:
    """A request as the vendor would send it."""

    body: bytes
    headers: dict = field(default_factory=dict)
    query: dict = field(default_factory=dict)

    def but(self, *, body=None, headers=None, query=None):
        return replace(
            self,
            body=self.body if body is None else body,
            headers={**self.headers, **(headers or {})},
            query={**self.query, **(query or {})},
        )


@dataclass(frozen=True, kw_only=True)
class Vendor:
    """How a vendor signs, and in which headers; from them the attacks are made."""

    sign: Callable[[bytes, str, int | str], Posted]
    """`(content, secret, at_ms)`, and where the time is text, that very text is signed."""
    secret: str = TEXT
    other: str = OTHER_TEXT
    """A secret as good, of somebody else."""
    signature: str = ""
    """The header of the signature; none where a secret is shared, or the signature is inside."""
    timestamp: str = ""
    """The header of the time that is signed."""
    id: str = ""
    """The header of the id that is signed."""
    prefix: str = ""
    """What stands before each signature in its header, which may list several then."""
    has_time_in_signature: bool = False
    """Whether the signed time stands in the signature's header."""

    @property
    def is_timed(self):
        return bool(self.timestamp) or self.has_time_in_signature


def mac(secret, text, digest="sha256"):
    key = secret if isinstance(secret, bytes) else secret.encode()
    return hmac.new(key, text, digest).digest()


def b64(raw):
    return base64.b64encode(raw).decode()


def seconds(at):
    """A time as vendors write it; text passes as it is, so that odd times can be signed too."""
    return at if isinstance(at, str) else str(at // 1000)


def milliseconds(at):
    return at if isinstance(at, str) else str(at)


def iso(at):
    if isinstance(at, str):
        return at
    return datetime.fromtimestamp(at // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def svix(prefix):
    def sign(content, secret, at_ms):
        text = b".".join([b"msg_2KWPBgLlAfxdpx2AI54pPJ85f4W", seconds(at_ms).encode(), content])
        key = base64.b64decode(secret.removeprefix("whsec_"))
        return Posted(
            content,
            {
                f"{prefix}-id": "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W",
                f"{prefix}-timestamp": seconds(at_ms),
                f"{prefix}-signature": "v1," + b64(mac(key, text)),
            },
        )

    return sign


def body_only(header, digest="sha256", encode=b64):
    def sign(content, secret, _at_ms):
        return Posted(content, {header: encode(mac(secret, content, digest))})

    return sign


def by_basic(content, secret, _at_ms):
    return Posted(content, {"Authorization": "Basic " + b64(f"millrace:{secret}".encode())})


def by_bearer(content, secret, _at_ms):
    return Posted(content, {"Authorization": f"Bearer {secret}"})
