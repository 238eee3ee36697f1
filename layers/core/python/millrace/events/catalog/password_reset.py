from __future__ import annotations

from msgspec import Struct

from millrace.events.definition import EventDefinition
from millrace.events.vocabulary.lifecycle import Method, Username


class PasswordReset(Struct, frozen=True, kw_only=True):
    """A person set a new password."""

    username: Username | None = None
    method: Method | None = None


event = EventDefinition(
    name="Password Reset",
    vocabulary="lifecycle",
    properties=PasswordReset,
    example={"username": "pgibbons", "method": "link"},
)
