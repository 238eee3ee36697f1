from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from millrace.events.definition import EventDefinition
from millrace.events.vocabulary.lifecycle import AccountProperties


class AccountAddedUser(AccountProperties, frozen=True, kw_only=True):
    """A person was added to an account."""

    role: Annotated[str, Meta(description="What the person may do.")] | None = None


event = EventDefinition(
    name="Account Added User",
    vocabulary="lifecycle",
    properties=AccountAddedUser,
    example={"account_id": "a-81", "account_name": "Initech", "role": "Admin"},
)
