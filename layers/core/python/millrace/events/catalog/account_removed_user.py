from __future__ import annotations

from millrace.events.definition import EventDefinition
from millrace.events.vocabulary.lifecycle import AccountProperties


class AccountRemovedUser(AccountProperties, frozen=True, kw_only=True):
    """A person was taken off an account."""


event = EventDefinition(
    name="Account Removed User",
    vocabulary="lifecycle",
    properties=AccountRemovedUser,
    example={"account_id": "a-81", "account_name": "Initech"},
)
