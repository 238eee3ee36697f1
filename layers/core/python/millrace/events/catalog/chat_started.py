from __future__ import annotations

from millrace.events.definition import EventDefinition
from millrace.events.vocabulary.support import ChatProperties


class ChatStarted(ChatProperties, frozen=True, kw_only=True):
    """A customer began a live conversation."""


event = EventDefinition(
    name="Chat Started",
    vocabulary="support",
    properties=ChatStarted,
    example={"chat_id": "c-1", "channel": "web", "agent_id": "a7"},
)
