"""The event after intake: normalised, timed, with its identifiers found."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

CallType = Literal["track", "identify", "page", "screen", "group", "alias"]
"""What senders send."""
EventType = Literal[CallType, "operation"]
"""An operation is what an operator asked for; only functions/intake/operate makes one."""


class Identifier(msgspec.Struct, frozen=True, order=True, array_like=True):
    """What finds a person: a kind (`user_id`, `anonymous_id`, `email`) and a normalised value."""

    kind: str
    value: str


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One accepted event. Times are epoch milliseconds, UTC."""

    message_id: str
    type: EventType
    source: str
    event_at: int
    """When it happened: the client's time corrected for its clock, clamped to received + 24 h."""
    received_at: int
    original_at: int = 0
    """The client's own timestamp, unchanged by retries; 0 where the client sent none."""
    anchor: Identifier
    """The identifier whose stem this event is folded into, decided by the event alone."""
    identifiers: tuple[Identifier, ...] = ()
    """Every usable identifier, the anchor included, without repeats."""
    name: str = ""
    """The event of a track call, the name of a page or screen, the group id of a group, or
    which operation."""
    traits: dict[str, Any] = {}
    properties: dict[str, Any] = {}
    context: dict[str, Any] = {}
    integrations: dict[str, Any] = {}
    flags: tuple[str, ...] = ()
    """What intake noticed but let pass, e.g. `future_clamped`."""

    @property
    def label(self) -> str:
        """What a count by event groups on: the name of a track call or operation, else its type."""
        return self.name if self.type in {"track", "operation"} else self.type


class FailedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event that cannot be used, kept with its reason; `payload` is what arrived, untouched."""

    stage: str
    code: str
    pointer: str = ""
    source: str
    schema_version: str = "1"
    received_at: int
    request_id: str
    position: int = 0
    """Its place among the items of its request: a message id is made of both where it has none."""
    arrival: bytes = b""
    """What the request said of all its items, as `intake.arrivals` packs it; sealed at rest."""
    payload: bytes
