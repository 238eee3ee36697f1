from __future__ import annotations

from millrace.events.definition import EventDefinition
from millrace.events.vocabulary.lifecycle import InviteProperties


class InviteAccepted(InviteProperties, frozen=True, kw_only=True):
    """An invited person came."""


event = EventDefinition(
    name="Invite Accepted",
    vocabulary="lifecycle",
    properties=InviteAccepted,
    example={
        "invite_id": "i-9",
        "invitee_email": "joanna@example.com",
        "invitee_first_name": "Joanna",
        "invitee_last_name": "Smith",
        "invitee_role": "Owner",
        "inviter_id": "u-17",
    },
)
