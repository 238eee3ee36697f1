"""What the two functions of erasure are told by their environment."""

from __future__ import annotations

from millrace.parties import DestinationSettings
from millrace.settings import VaultSettings


class PrivacyPeopleSettings(VaultSettings, frozen=True, kw_only=True):
    """functions/privacy/people."""

    erasures_table: str
    erasures_queue: str
    """The URL of the queue that functions/privacy/erase reads."""
    privacy_secret: str


class PrivacyEraseSettings(VaultSettings, frozen=True, kw_only=True):
    """functions/privacy/erase."""

    erasures_table: str
    profiles_table: str
    deliveries_table: str
    failed_bucket: str
    erasures_queue: str
    ledger_table: str
    destinations: dict[str, DestinationSettings]
