from __future__ import annotations

from millrace.events.definition import EventDefinition
from millrace.events.vocabulary.support import Comment, TicketProperties


class TicketUpdated(TicketProperties, frozen=True, kw_only=True):
    """A ticket was changed or answered."""

    comment: Comment | None = None


event = EventDefinition(
    name="Ticket Updated",
    vocabulary="support",
    properties=TicketUpdated,
    example={
        "ticket_id": 4711,
        "ticket_subject": "Where is my parcel?",
        "status": "open",
        "priority": "normal",
        "channel": "email",
        "tags": ["shipping"],
        "agent_id": "a7",
        "comment": "It has come, thank you",
    },
)
