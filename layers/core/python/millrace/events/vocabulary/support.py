"""Support: tickets, chats and what customers think of the answers."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from millrace.events.definition import NotPii, Pii

Id = str | int
LARGEST = 10**15
"""Of a number: keeps "Infinity", sent as text, from passing for one."""
VendorEvent = Annotated[str, Meta(description="What the vendor itself calls the event.")]
TicketId = Annotated[Id, Meta(description="The help desk's id of the ticket.")]
Channel = Annotated[str, Meta(description="Where it came from: e-mail, chat, phone, web.")]
Comment = Annotated[str, Meta(description="What the customer wrote."), Pii("text")]
AgentId = Annotated[
    Id, Meta(description="The help desk's id of the agent."), NotPii("staff, not a customer")
]
Seconds = Annotated[float, Meta(description="How long it took, in seconds.", ge=0, le=LARGEST)]


class TicketProperties(Struct, frozen=True, kw_only=True):
    """A ticket as the help desk knows it."""

    ticket_id: TicketId
    ticket_subject: (
        Annotated[str, Meta(description="Subject of the ticket."), Pii("text")] | None
    ) = None
    ticket_url: Annotated[str, Meta(description="Where agents read it.")] | None = None
    status: Annotated[str, Meta(description="State: new, open, pending, solved.")] | None = None
    priority: Annotated[str, Meta(description="Urgency: low, normal, high, urgent.")] | None = None
    channel: Channel | None = None
    agent_id: AgentId | None = None
    tags: Annotated[tuple[str, ...], Meta(description="Labels of the sender.")] | None = None
    vendor_event: VendorEvent | None = None


class ChatProperties(Struct, frozen=True, kw_only=True):
    """A live conversation."""

    chat_id: Annotated[Id, Meta(description="Id of the conversation.")]
    channel: Channel | None = None
    agent_id: AgentId | None = None
    ticket_id: TicketId | None = None
