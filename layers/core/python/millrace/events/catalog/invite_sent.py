from __future__ import annotations

from millrace.events.definition import EventDefinition
from millrace.events.vocabulary.lifecycle import InviteProperties


class InviteSent(InviteProperties, frozen=True, kw_only=True):
    """A person invited another."""


event = EventDefinition(
    name="Invite Sent",
    vocabulary="lifecycle",
    properties=InviteSent,
    example={
        "invite_id": "i-9",
        "invitee_email": "joanna@example.com",
        "invitee_first_name": "Joanna",
        "invitee_last_name": "Smith",
        "invitee_role": "Owner",
        "inviter_id": "u-17",
    },
)
