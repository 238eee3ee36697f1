"""Who sends to us, as functions read it from their environment."""

from __future__ import annotations

from typing import Literal

import msgspec


class SourceSettings(msgspec.Struct, frozen=True, kw_only=True):
    """One source: its traits' weight, and where its secret is (for tracking: its write key)."""

    secret: str
    priority: int = 50


class PlanSettings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What becomes of a source's events that the tracking plan does not know as they are."""

    unplanned: Literal["keep", "flag", "fail"] = "keep"
    invalid: Literal["keep", "flag", "fail"] = "flag"


class WebhookSettings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One webhook source: its definition, where its secret is, and what the operator told of it."""

    definition: str
    secret: str
    url: str = ""
    topics: list[str] = []
