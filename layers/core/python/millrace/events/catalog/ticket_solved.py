from __future__ import annotations

from millrace.events.definition import EventDefinition
from millrace.events.vocabulary.support import Seconds, TicketProperties


class TicketSolved(TicketProperties, frozen=True, kw_only=True):
    """The help desk closed a ticket as solved."""

    resolution_seconds: Seconds | None = None


event = EventDefinition(
    name="Ticket Solved",
    vocabulary="support",
    properties=TicketSolved,
    example={
        "ticket_id": 4711,
        "ticket_subject": "Where is my parcel?",
        "status": "solved",
        "priority": "normal",
        "channel": "email",
        "tags": ["shipping"],
        "resolution_seconds": 5400,
    },
)
