"""How traits are decided and computed, as functions read it from their environment."""

from __future__ import annotations

from typing import Literal

import msgspec

TraitPolicy = Literal["priority", "recent", "first", "min", "max", "union", "sum"]
"""How the value of a trait is decided; see `millrace.profiles.policies`."""


class BehaviourSettings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is computed of people."""

    half_life_days: int = 14
    """After how long half of the engagement score is gone."""
    abandoned_after_minutes: int = 60
    """How long after the last change a cart counts as abandoned."""
    points: dict[str, int] = {}
    """Engagement points by event, where they differ from our own."""
