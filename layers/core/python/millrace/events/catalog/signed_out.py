from __future__ import annotations

from msgspec import Struct

from millrace.events.definition import EventDefinition
from millrace.events.vocabulary.lifecycle import Username


class SignedOut(Struct, frozen=True, kw_only=True):
    """A person signed out."""

    username: Username | None = None


event = EventDefinition(
    name="Signed Out",
    vocabulary="lifecycle",
    properties=SignedOut,
    example={"username": "pgibbons"},
)
