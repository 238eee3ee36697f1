from __future__ import annotations

from millrace.events.definition import EventDefinition
from millrace.events.vocabulary.support import Comment, TicketProperties


class TicketCommentAdded(TicketProperties, frozen=True, kw_only=True):
    """Somebody wrote to a ticket."""

    comment: Comment | None = None


event = EventDefinition(
    name="Ticket Comment Added",
    vocabulary="support",
    properties=TicketCommentAdded,
    example={
        "ticket_id": 4711,
        "ticket_subject": "Where is my parcel?",
        "status": "open",
        "priority": "normal",
        "channel": "email",
        "tags": ["shipping"],
        "comment": "It has come, thank you",
    },
)
