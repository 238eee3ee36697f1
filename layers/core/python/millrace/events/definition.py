"""What an event of the catalogue is: a value in one small file of `events/catalog/`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import msgspec

Vocabulary = Literal["e-commerce", "e-mail", "lifecycle", "support"]
Values = dict[str, Any]
"""The properties of one event, as they were sent."""


class Pii(msgspec.Struct, frozen=True):
    """Marks a property that tells who somebody is: it never leaves the sealed event in clear."""

    kind: Literal["email", "name", "phone", "address", "text", "url", "identifier"]


class NotPii(msgspec.Struct, frozen=True):
    """Marks a property whose name sounds like a person, and says why it is none."""

    because: str


class OlderVersion(msgspec.Struct, frozen=True, kw_only=True):
    """The properties that version `version` had, and how they read as the version after it."""

    version: int
    properties: type[msgspec.Struct]
    example: Values
    upcast: Callable[[Values], Values]
    """Pure and total: it never changes its argument, never fails, and keeps what it knows not."""


class EventDefinition(msgspec.Struct, frozen=True, kw_only=True):
    """One planned event. Properties that it does not name may come all the same."""

    name: str
    """Exactly as senders spell it: "Order Completed"."""
    vocabulary: Vocabulary
    properties: type[msgspec.Struct]
    """The properties of the newest version; the docstring of the class says when it happens."""
    example: Values
    version: int = 1
    older: tuple[OlderVersion, ...] = ()
    """Every version before this one, oldest first."""

    @property
    def module(self) -> str:
        """The file that it lives in: "Order Completed" is `order_completed`."""
        return self.name.lower().replace(" ", "_").replace("-", "_")

    @property
    def says(self) -> str:
        """When the event happens, in one sentence."""
        return " ".join((self.properties.__doc__ or "").split())

    def versions(self) -> Mapping[int, type[msgspec.Struct]]:
        """The properties of every version, oldest first."""
        known = {each.version: each.properties for each in self.older}
        return known | {self.version: self.properties}
