from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from millrace.events.definition import EventDefinition, Pii
from millrace.events.vocabulary.email import EngagementProperties, Id


class EmailLinkClicked(EngagementProperties, frozen=True, kw_only=True):
    """A link of a message was followed; a scanner may have done it."""

    link_id: Annotated[Id, Meta(description="The ESP's id of the link.")] | None = None
    link_url: (
        Annotated[str, Meta(description="Where it leads; its query may name people."), Pii("url")]
        | None
    ) = None


event = EventDefinition(
    name="Email Link Clicked",
    vocabulary="e-mail",
    properties=EmailLinkClicked,
    example={
        "email_id": "18vzF7u3z",
        "email_subject": "First order benefits",
        "campaign_id": "123",
        "campaign_name": "New Customer Discounts",
        "link_id": "7",
        "link_url": "https://shop.example/deals",
        "is_machine": False,
    },
)
