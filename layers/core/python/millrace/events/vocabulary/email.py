"""E-mail: what became of one message, whoever sent it."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from millrace.events.definition import NotPii, Pii

Id = str | int
Reason = Annotated[
    str, Meta(description="What the mail server said; often names the address."), Pii("text")
]
VendorEvent = Annotated[str, Meta(description="What the vendor itself calls the event.")]
StatusCode = Annotated[str, Meta(description="Enhanced status code, such as 5.1.1.")]


class EmailProperties(Struct, frozen=True, kw_only=True):
    """One message to one person, and the campaign and list behind it."""

    email_id: (
        Annotated[Id, Meta(description="The ESP's id of the message."), NotPii("a message's id")]
        | None
    ) = None
    email_subject: (
        Annotated[str, Meta(description="Subject line; may greet by name."), Pii("text")] | None
    ) = None
    campaign_id: Annotated[Id, Meta(description="The ESP's id of the campaign.")] | None = None
    campaign_name: (
        Annotated[str, Meta(description="Name of the campaign."), NotPii("a campaign")] | None
    ) = None
    list_id: Annotated[Id, Meta(description="Id of the list.")] | None = None
    list_name: Annotated[str, Meta(description="Name of the list."), NotPii("a list")] | None = None
    template_id: Annotated[Id, Meta(description="The ESP's id of the template.")] | None = None
    vendor_event: VendorEvent | None = None


class ConsentProperties(EmailProperties, frozen=True, kw_only=True):
    """What a customer wants to be sent."""

    method: Annotated[str, Meta(description="How: a link, one-click, a complaint.")] | None = None
    reason: Reason | None = None


class EngagementProperties(EmailProperties, frozen=True, kw_only=True):
    """What somebody, or a machine, did with a message."""

    is_machine: (
        Annotated[bool, Meta(description="A mail proxy or a link scanner did it, not a person.")]
        | None
    ) = None
    user_agent: (
        Annotated[str, Meta(description="Program that did it."), NotPii("a program")] | None
    ) = None


class TroubleProperties(EmailProperties, frozen=True, kw_only=True):
    """Why a message did not arrive."""

    reason: Reason | None = None
    status_code: StatusCode | None = None
