"""The table `identity` of a config file: what makes one person of several identifiers."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from infra.section import Section
from millrace.events.identifiers import SHARED_EMAILS
from millrace.events.kinds import KINDS

Value = Annotated[str, StringConstraints(min_length=1, max_length=254)]
LIMIT, SHARED_BY = "limit_", "shared_by_"


def _limit(kind: str, says: str) -> int:
    found: int = Field(default=KINDS[kind].most, ge=1, le=100, description=says)
    return found


def _shared_by(kind: str, says: str) -> int:
    found: int = Field(default=KINDS[kind].shared_by, ge=0, le=100, description=says)
    return found


class Identity(Section):
    limit_user_id: int = _limit("user_id", "User ids of one person, joined by alias calls.")
    limit_email: int = _limit("email", "Addresses of one person; a tie beyond it is refused.")
    limit_phone: int = _limit("phone", "Phone numbers of one person.")
    limit_anonymous_id: int = _limit("anonymous_id", "Browsers and devices of one person.")
    shared_by_email: int = _shared_by(
        "email", "An address of more user ids than this is shared, and ties nobody. 0: never."
    )
    shared_by_phone: int = _shared_by("phone", "The same of a phone number.")
    shared_by_anonymous_id: int = _shared_by("anonymous_id", "The same of a device: a kiosk.")
    blocked_values: tuple[Value, ...] = Field(
        default=(), strict=False, description="What your own code sends in place of an identifier."
    )
    shared_emails: tuple[Value, ...] = Field(
        default=SHARED_EMAILS,
        strict=False,
        description="Inboxes that many use, such as info@*: a trait, but tying nobody.",
    )
    phone_region: Annotated[str, StringConstraints(pattern=r"^([A-Z]{2})?$")] = Field(
        default="",
        description='Country of phone numbers without one, as DE; "" leaves them a mere trait.',
    )

    @property
    def limits(self) -> dict[str, int]:
        """Kind to how many of it one person may have."""
        return self._of(LIMIT)

    @property
    def shared_by(self) -> dict[str, int]:
        """Kind to the number of user ids beyond which one of it is shared."""
        return self._of(SHARED_BY)

    def _of(self, prefix: str) -> dict[str, int]:
        found = self.model_dump(
            include={name for name in type(self).model_fields if prefix in name}
        )
        return {name.removeprefix(prefix): number for name, number in found.items()}
