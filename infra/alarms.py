"""When somebody is woken."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from infra.section import Section

Minutes = Annotated[int, Field(ge=1, le=1440)]


class Alarms(Section):
    iterator_age_minutes: Minutes = Field(
        default=5, description="A stream reader is this far behind."
    )
    freshness_minutes: Minutes = Field(
        default=10, description="The oldest event was this old when its profile was committed."
    )
    erasure_hours: int = Field(
        default=24,
        ge=2,
        le=720,
        description="The oldest erasure that is not done; the law allows a month.",
    )
    failed_percent: int = Field(
        default=5, ge=1, le=100, description="Failed events per received ones, over 15 minutes."
    )
