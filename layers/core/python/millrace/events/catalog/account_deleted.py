from __future__ import annotations

from millrace.events.definition import EventDefinition
from millrace.events.vocabulary.lifecycle import AccountProperties


class AccountDeleted(AccountProperties, frozen=True, kw_only=True):
    """An account was deleted."""


event = EventDefinition(
    name="Account Deleted",
    vocabulary="lifecycle",
    properties=AccountDeleted,
    example={"account_id": "a-81", "account_name": "Initech"},
)
