"""How traits are decided and what is computed of people, as the operator configures it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from infra.section import Section
from millrace.settings import TraitPolicy

TraitName = Annotated[str, StringConstraints(pattern=r"^[^*\s]{1,256}\*?$|^\*$")]


class Trait(Section):
    policy: TraitPolicy = Field(
        default="priority",
        description="What wins where values differ; `priority`: the source's, then the newest.",
    )


class Behaviour(Section):
    half_life_days: int = Field(
        default=14, ge=1, le=30, description="After how long half of an engagement score is gone."
    )
    abandoned_after_minutes: int = Field(
        default=60, ge=1, le=43200, description="A cart untouched for so long is abandoned."
    )
    points: dict[str, Annotated[int, Field(ge=0, le=255)]] = Field(
        default={}, description="Engagement points by event: your own events, or other weights."
    )
