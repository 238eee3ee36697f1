"""What an operator can ask for: a named command with typed properties, about certain people."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

SOURCE = "operator"
"""The source of every operation; no source of the configuration may be called so."""
OPERATION: Final = "operation"
"""The type of its events. No public door takes one."""


class OperationDefinition(msgspec.Struct, frozen=True, kw_only=True):
    """The one value of a module in events/operations/; `identity.block` is in identity_block.py."""

    name: str
    """Its subject, a dot, and the verb."""
    says: str
    """What it does, for whoever asked for something that is none."""
    properties: type[msgspec.Struct]
    """Frozen, with forbid_unknown_fields: a misspelt property is an answer, not a surprise."""
    concerns: Callable[[Any], Sequence[str]]
    """Whom it is about, as `kind:value`, from its properties: the first one is the anchor."""

    @property
    def module(self) -> str:
        """The name of its module."""
        return module_of(self.name)


def module_of(name: str) -> str:
    """The module in which the operation called `name` is defined."""
    return name.replace(".", "_")
