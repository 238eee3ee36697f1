"""What every function with the vault reads from its environment."""

from __future__ import annotations

from millrace.settings.environment import Settings


class VaultSettings(Settings, frozen=True, kw_only=True):
    """What the vault needs: the table of wrapped keys and the KMS key that wraps them."""

    stage: str
    subjects_table: str
    key_arn: str
