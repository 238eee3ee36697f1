"""What IAM is asked for one call, and how the resources in it are called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

Params = Mapping[str, Any]


class Need(msgspec.Struct, frozen=True):
    """One action on one resource, with the condition keys that the call carries."""

    action: str
    resource: str
    context: tuple[tuple[str, tuple[str, ...]], ...] = ()


class Names:
    """What resources are called in calls, and the key that encrypts each of them."""

    def __init__(self) -> None:
        self.secrets: dict[str, str] = {}
        """ARN by secret name."""
        self.keys: dict[str, str] = {}
        """KMS key ARN by the ARN of what it encrypts."""
        self.hash_keys: dict[str, str] = {}
        """Hash key by table ARN, for the tables whose grants depend on leading keys."""
