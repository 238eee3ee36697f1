"""Write keys: where senders put them, and which source one belongs to."""

from __future__ import annotations

import base64
import binascii
import hmac

from millrace.errors import NeedsHuman, RetryLater
from millrace.http import Request
from millrace.intake.ports import Doors
from millrace.intake.reasons import reject


def key_in_request(request: Request) -> str | None:
    """The key that stands outside the body: Basic user name, X-Write-Key, or query `writeKey`.

    The first place that holds anything decides. A Bearer token is not asked here: beside a key
    in the body it may be anything.
    """
    basic = _authorization(request, "basic")
    return (
        (_basic_user(basic) if basic else None)
        or key_of(request.headers.get("x-write-key"))
        or key_of(request.query.get("writeKey") or request.query.get("writekey"))
    )


def bearer_key(request: Request) -> str | None:
    """The Bearer token, for senders that put the key there and nowhere else."""
    return key_of(_authorization(request, "bearer"))


def key_of(value: object) -> str | None:
    """The key in `value`: all of it, or the id of Jitsu's `id:secret` and `id:***`."""
    if not isinstance(value, str):
        return None
    return value.strip().partition(":")[0] or None


def source_of(key: str | None, doors: Doors) -> str:
    """The source whose write key is `key`, or was until its rotation.

    Every key is compared, in constant time; before a key is refused, keys that may have changed
    are read anew. RejectedEvent `invalid_write_key` when none is equal; when some key could not
    be read and none of the others is equal, the error of the store: a right key must not be
    refused because the store is down.
    """
    if key is None:
        raise reject("invalid_write_key")
    given = key.encode("utf-8", "surrogatepass")
    found, trouble = _matching(given, doors)
    if found is None:
        renewed = [name for name in doors.write_keys.values() if doors.secrets.refresh(name)]
        found, trouble = _matching(given, doors) if renewed else (None, trouble)
    if found is None:
        raise trouble or reject("invalid_write_key")
    return found


def _matching(given: bytes, doors: Doors) -> tuple[str | None, RetryLater | NeedsHuman | None]:
    found = None
    trouble: RetryLater | NeedsHuman | None = None
    for source, secret in doors.write_keys.items():
        try:
            valid = doors.secrets.valid(secret)
        except (RetryLater, NeedsHuman) as error:
            trouble = error
            continue
        equal = [hmac.compare_digest(given, each.encode()) for each in valid]
        if any(equal):
            found = source
    return found, trouble


def _authorization(request: Request, scheme: str) -> str | None:
    given, _, credentials = request.headers.get("authorization", "").strip().partition(" ")
    return credentials.strip() if given.lower() == scheme else None


def _basic_user(credentials: str) -> str | None:
    try:
        decoded = base64.b64decode(credentials + "=" * (-len(credentials) % 4))
    except (binascii.Error, ValueError):
        return None
    return key_of(decoded.decode("utf-8", "replace"))
