"""Who sends to us: `[sources.<name>]`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from infra.section import Section

Topic = Annotated[
    str,
    StringConstraints(pattern=r"^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}$"),
]


class Source(Section):
    """One source; for the tracking API, or a vendor's webhook."""

    priority: int = Field(
        default=50, ge=0, le=100, description="Whose trait wins where sources differ: the higher."
    )
    secret: str = Field(
        default="",
        description="Write key, for `run.py local` only; in AWS it stands in Secrets Manager.",
    )
    webhook: str = Field(
        default="", description="Webhooks: the vendor, where the source has another name."
    )
    url: str = Field(
        default="", description="Webhooks whose signature covers their address: as registered."
    )
    unplanned: Literal["keep", "flag", "fail"] = Field(
        default="keep", description="What becomes of events that the tracking plan does not know."
    )
    invalid: Literal["keep", "flag", "fail"] = Field(
        default="flag", description="What becomes of events that are not as the plan has them."
    )
    consent: Literal["", "opt_in", "opt_out", "required"] = Field(
        default="",
        description="Behaviour of people who said nothing about analytics; empty: as its purpose.",
    )
    is_trusted: bool = Field(
        default=False,
        description="Whether nobody else has its write key: only then does its yes undo a no of "
        "elsewhere, or begin an erased person anew. Webhooks: as their definition says.",
    )
    topics: tuple[Topic, ...] = Field(
        default=(), strict=False, description="Amazon SES: the SNS topics to trust, by ARN."
    )
    queue: bool = Field(
        default=False,
        description="Amazon SES: a queue of its own, for `topics` and for EventBridge: "
        "docs/how-to/receive-ses-events.md.",
    )
