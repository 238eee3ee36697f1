"""An erasure as it is kept: what names the person lies sealed, and only until it is done."""

from __future__ import annotations

from typing import Any, Literal, Protocol, get_args

import msgspec

from millrace.activation.forget import ForgetReceipt

PASSES = 2
"""Everything is done twice: what was under way when the tombstones were written is over by then."""
Outcome = Literal["erased", "already_erased", "nothing_found"]
Reason = Literal["request", "objection", "account_deleted", "retention"]
"""GDPR 17(1): withdrawn or no longer wanted; an objection to direct marketing (21(2)); the account
of the person is gone; nobody needs the data any more."""
REASONS: tuple[Reason, ...] = get_args(Reason)
DEFAULT_REASON: Reason = "request"


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the person; it only ever grows, and is kept before anything is destroyed."""

    keys: tuple[str, ...] = ()
    """The row key of every identifier, tokens only, in order."""
    identifiers: dict[str, tuple[str, ...]] = {}
    """Their values by kind: to ask destinations, and to find failed events."""
    neighbours: tuple[str, ...] = ()
    """Row keys of others who were tied to them, or nearly: they may remember an identifier."""
    sharers: tuple[str, ...] = ()
    """Root keys of neighbours who had an address of theirs among their traits."""
    outcome: Outcome = "nothing_found"


class Sweep(msgspec.Struct, frozen=True, kw_only=True):
    """How far one store of sealed objects has been gone through."""

    after: str = ""
    """The last key that is done."""
    pending: tuple[str, ...] = ()
    """The keys of the next page that are to go or to change, kept before they do."""
    objects: int = 0
    """How many were deleted, or written anew without the person."""
    is_done: bool = False


class Farewell(msgspec.Struct, frozen=True, kw_only=True):
    """Whom retention emptied, so that nothing but destinations is asked: see `farewell`."""

    told: tuple[str, ...]
    """The destinations that were told of them."""
    last_commit: int
    """When the last event of theirs was committed; who is newer than that is back."""


class Erasure(msgspec.Struct, frozen=True, kw_only=True):
    """One erasure. Each change has the next `version`, so of two runs only one counts."""

    id: str
    version: int = 1
    requested_at: int
    by: str
    """The operator's ARN, or `api`."""
    reason: Reason = DEFAULT_REASON
    sealed: bytes = b""
    """`Known`, under the branch key; empty once it is done."""
    passes: int = 0
    """How many of `PASSES` are complete."""
    passed_at: int = 0
    """When the last of them was."""
    erased_at: int = 0
    """When the first tombstone was written."""
    receipts: dict[str, ForgetReceipt] = {}
    """`<pass>/<destination>` to what came of asking it."""
    sweeps: dict[str, Sweep] = {}
    """`<pass>/<store>` to how far its objects have been gone through."""
    tried_at: int = 0
    """When a run began last."""
    waits_for: str = ""
    """What stopped the last run: a code, and whose it is."""
    certificate: dict[str, Any] = {}
    farewell: Farewell | None = None

    @property
    def is_done(self) -> bool:
        return self.passes >= PASSES and bool(self.certificate)

    @property
    def is_sweeping(self) -> bool:
        """Whether a run had no time left: the next one goes on at once."""
        return not all(each.is_done for each in self.sweeps.values())


class Save(Protocol):
    """Keeps the next version of an erasure. Raises RetryLater `erasure_contended`."""

    def __call__(self, erasure: Erasure, /, **changes: Any) -> Erasure: ...
