from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from millrace.events.definition import EventDefinition


class ProfileUpdated(Struct, frozen=True, kw_only=True):
    """A person changed what their account says of them."""

    fields: (
        Annotated[tuple[str, ...], Meta(description="Names of what changed; no values.")] | None
    ) = None


event = EventDefinition(
    name="Profile Updated",
    vocabulary="lifecycle",
    properties=ProfileUpdated,
    example={"fields": ["phone", "language"]},
)
