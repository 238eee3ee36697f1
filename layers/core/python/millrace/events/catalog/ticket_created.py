from __future__ import annotations

from millrace.events.definition import EventDefinition
from millrace.events.vocabulary.support import TicketProperties


class TicketCreated(TicketProperties, frozen=True, kw_only=True):
    """A customer asked the help desk something."""


event = EventDefinition(
    name="Ticket Created",
    vocabulary="support",
    properties=TicketCreated,
    example={
        "ticket_id": 4711,
        "ticket_subject": "Where is my parcel?",
        "status": "open",
        "priority": "normal",
        "channel": "email",
        "tags": ["shipping"],
    },
)
