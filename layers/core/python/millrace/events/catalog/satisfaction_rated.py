from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from millrace.events.definition import EventDefinition, OlderVersion, Values
from millrace.events.vocabulary.support import AgentId, Comment, TicketId

_RATINGS = {"good": 5, "bad": 1}


class SatisfactionRated(Struct, frozen=True, kw_only=True):
    """A customer said what they think of an answer."""

    ticket_id: TicketId
    score: Annotated[int, Meta(description="From 1, bad, to 5, good.", ge=1, le=5)]
    comment: Comment | None = None
    agent_id: AgentId | None = None


class SatisfactionRated1(Struct, frozen=True, kw_only=True):
    """Version 1, after Zendesk: an answer was good or bad, nothing between."""

    ticket_id: TicketId
    score: Annotated[Literal["good", "bad"], Meta(description="What the customer chose.")]
    comment: Comment | None = None


def as_number(values: Values) -> Values:
    """Good is 5 and bad is 1; a score that is neither stays what it is."""
    score = values.get("score")
    known = _RATINGS.get(score) if isinstance(score, str) else None
    return values if known is None else {**values, "score": known}


event = EventDefinition(
    name="Satisfaction Rated",
    vocabulary="support",
    version=2,
    properties=SatisfactionRated,
    example={"ticket_id": 4711, "score": 5, "comment": "Quick and kind", "agent_id": "a7"},
    older=(
        OlderVersion(
            version=1,
            properties=SatisfactionRated1,
            example={"ticket_id": 4711, "score": "good", "comment": "Quick and kind"},
            upcast=as_number,
        ),
    ),
)
