from __future__ import annotations

from millrace.events.definition import EventDefinition
from millrace.events.vocabulary.lifecycle import AccountProperties


class AccountCreated(AccountProperties, frozen=True, kw_only=True):
    """An account was made."""


event = EventDefinition(
    name="Account Created",
    vocabulary="lifecycle",
    properties=AccountCreated,
    example={"account_id": "a-81", "account_name": "Initech"},
)
