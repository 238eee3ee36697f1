"""Who receives from us, as functions read it from their environment."""

from __future__ import annotations

from typing import Any

import msgspec


class DestinationSettings(msgspec.Struct, frozen=True, kw_only=True):
    """One destination: where its secret is, and the options its definition reads."""

    secret: str
    options: dict[str, Any] = {}
    purposes: list[str] = []
