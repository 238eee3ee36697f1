from __future__ import annotations

from msgspec import Struct

from millrace.events.definition import EventDefinition
from millrace.events.vocabulary.lifecycle import Method, Username


class SignedIn(Struct, frozen=True, kw_only=True):
    """A person signed in."""

    username: Username | None = None
    method: Method | None = None


event = EventDefinition(
    name="Signed In",
    vocabulary="lifecycle",
    properties=SignedIn,
    example={"username": "pgibbons", "method": "google"},
)
