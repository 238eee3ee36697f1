"""The vault's keys, as the operator configures them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from infra.section import Section

KeyArn = Annotated[
    str,
    StringConstraints(pattern=r"^$|^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$"),
]


class Vault(Section):
    branch_days: int = Field(
        default=365, ge=1, le=3650, description="A branch key that is older is rotated by itself."
    )
    former_key: KeyArn = Field(
        default="",
        description="ARN of the KMS key before this one, until `privacy rotate kms` has run.",
    )
