"""What a destination is, and the values that pass between its definition and the engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import msgspec

from millrace.profiles.model import Profile


class Wake(msgspec.Struct, frozen=True, kw_only=True):
    """Person `key` may be news to `destination`. What the news is, the profile says later."""

    destination: str
    key: str
    version: int


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A wake as the queue delivered it."""

    wake: Wake
    message_id: str
    receipt_handle: str
    receives: int = 1


class HttpRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One request to a destination. `body` is exactly what travels."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


class HttpResponse(msgspec.Struct, frozen=True, kw_only=True):
    """Its answer; header names are lower case."""

    status: int
    headers: Mapping[str, str] = {}
    body: bytes = b""


class Update(msgspec.Struct, frozen=True, kw_only=True):
    """What one destination is to be told about one person: the whole state, never a difference."""

    key: str
    """Row key of the person's root."""
    version: int
    state: dict[str, Any]
    digest: str
    delivery_id: str
    """The same for every try to tell this state after what was told last; another one otherwise."""
    size: int
    """Bytes of `state` as JSON."""
    is_withdrawal: bool = False
    """It only says that consent was withdrawn."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What one request may hold. `wrapping_bytes` is what `request` adds around each state."""

    profiles: int
    bytes: int
    profile_bytes: int
    wrapping_bytes: int = 128


class Sending(msgspec.Struct, frozen=True, kw_only=True):
    """What `request` needs beside the profiles. `secret` belongs into a header or a signature."""

    base_url: str
    secret: str
    options: Mapping[str, Any]
    now_ms: int

    def __repr__(self) -> str:
        return f"Sending(base_url={self.base_url!r})"


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one update.

    delivered     taken; `receipt` is the vendor's word for it
    rejected      never will be, as it is now: not tried again before the state changes
    split         the batch was refused as a whole: try parts of it, suspects apart
    retry         later, not before `after_seconds` where that is known
    needs_human   a key, a permission or an address is wrong: page, keep the message
    """

    kind: Literal["delivered", "rejected", "split", "retry", "needs_human"]
    code: str = ""
    receipt: str = ""
    after_seconds: float | None = None
    is_suspect: bool = False


class Leaver(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who is to be deleted, by everything that a destination may know them by."""

    request_id: str
    """Of the erasure, the same for every try; it names nobody."""
    identifiers: Mapping[str, Sequence[str]] = {}
    """Every normalised value by kind, not only the best: an older address was told once, too."""
    profile_ids: Sequence[str] = ()
    """Every profile id the person ever went by."""

    def __repr__(self) -> str:
        return f"Leaver(request_id={self.request_id!r})"


class Forget(msgspec.Struct, frozen=True, kw_only=True):
    """How a destination is asked to delete a person."""

    docs: str
    requests: Callable[[Leaver, Sending], Sequence[HttpRequest]]
    """One or more, all harmless when sent again; none for somebody it cannot hold."""
    forgotten: Callable[[HttpResponse], Outcome]
    """What one answer means; `receipt` is the vendor's word for it and names nobody."""


class CannotForget(msgspec.Struct, frozen=True, kw_only=True):
    """A destination without a way to delete: a person has to do it, and the certificate says so."""

    docs: str
    reason: str


class Withdrawal(msgspec.Struct, frozen=True, kw_only=True):
    """How a destination that was told of a person learns that it may not use that any more."""

    docs: str
    told: Callable[[Profile, Mapping[str, Any]], dict[str, Any] | None]
    """No more than it takes to find the person there; None for somebody it cannot hold."""
    request: Callable[[Sequence[Update], Sending], HttpRequest]
    limits: Limits | None = None
    """Where they are others than those of updates; what answers mean is the same."""


class Destination(msgspec.Struct, frozen=True, kw_only=True):
    """One place that is told about profiles: a value in a file of its own, found by discovery."""

    name: str
    docs: str
    base_url: str
    """Where requests go unless the option `base_url` says otherwise."""
    limits: Limits
    tells: frozenset[str]
    """The keys that `told` may use, so that a reader sees what leaves the house."""
    told: Callable[[Profile, Mapping[str, Any]], dict[str, Any] | None]
    """The state the destination should know; None when it cannot be told of this person."""
    request: Callable[[Sequence[Update], Sending], HttpRequest]
    outcomes: Callable[[HttpResponse, Sequence[Update]], Sequence[Outcome]]
    """One outcome for each update of the batch, in its order."""
    forget: Forget | CannotForget
    purposes: frozenset[str] = frozenset({"email_marketing", "sharing"})
    """What it uses people's data for: each has to be allowed by the person at the moment of
    sending. The config may say otherwise; none at all is a mistake."""
    withdrawal: Withdrawal | None = None
    """None where a person who withdraws is only told of no more."""
    options: Mapping[str, str] = {}
    """What may stand in the config beside `secret`: name -> what it is."""


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """What a destination was last told about a person, as a digest; `code` says why it refused."""

    digest: str
    version: int
    at: int
    receipt: str = ""
    code: str = ""
