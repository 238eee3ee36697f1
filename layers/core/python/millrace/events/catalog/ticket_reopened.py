from __future__ import annotations

from millrace.events.definition import EventDefinition
from millrace.events.vocabulary.support import TicketProperties


class TicketReopened(TicketProperties, frozen=True, kw_only=True):
    """A ticket that was solved is open again."""


event = EventDefinition(
    name="Ticket Reopened",
    vocabulary="support",
    properties=TicketReopened,
    example={
        "ticket_id": 4711,
        "ticket_subject": "Where is my parcel?",
        "status": "open",
        "priority": "normal",
        "channel": "email",
        "tags": ["shipping"],
    },
)
