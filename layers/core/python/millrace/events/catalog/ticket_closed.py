from __future__ import annotations

from millrace.events.definition import EventDefinition
from millrace.events.vocabulary.support import TicketProperties


class TicketClosed(TicketProperties, frozen=True, kw_only=True):
    """A ticket was closed for good."""


event = EventDefinition(
    name="Ticket Closed",
    vocabulary="support",
    properties=TicketClosed,
    example={
        "ticket_id": 4711,
        "ticket_subject": "Where is my parcel?",
        "status": "closed",
        "priority": "normal",
        "channel": "email",
        "tags": ["shipping"],
    },
)
