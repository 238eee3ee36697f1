from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from millrace.events.definition import EventDefinition
from millrace.events.vocabulary.lifecycle import Id


class ErasureRequested(Struct, frozen=True, kw_only=True):
    """A person, or a vendor for them, asks to be forgotten."""

    request_id: Annotated[Id, Meta(description="Id of the request.")] | None = None


event = EventDefinition(
    name="Erasure Requested",
    vocabulary="lifecycle",
    properties=ErasureRequested,
    example={"request_id": "r-1"},
)
