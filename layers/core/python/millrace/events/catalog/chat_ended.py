from __future__ import annotations

from millrace.events.definition import EventDefinition
from millrace.events.vocabulary.support import ChatProperties, Seconds


class ChatEnded(ChatProperties, frozen=True, kw_only=True):
    """A live conversation ended."""

    duration_seconds: Seconds | None = None


event = EventDefinition(
    name="Chat Ended",
    vocabulary="support",
    properties=ChatEnded,
    example={
        "chat_id": "c-1",
        "channel": "web",
        "agent_id": "a7",
        "duration_seconds": 312,
        "ticket_id": 4711,
    },
)
