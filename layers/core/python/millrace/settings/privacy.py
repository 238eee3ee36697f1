"""What the functions of privacy read from their environment."""

from __future__ import annotations

from millrace.settings.consent import CONSENT, ConsentSettings
from millrace.settings.destinations import DestinationSettings
from millrace.settings.environment import Settings
from millrace.settings.identity import IdentifierSettings
from millrace.settings.vault import VaultSettings


class PrivacyRetainSettings(VaultSettings, frozen=True, kw_only=True):
    """functions/privacy/retain."""

    profiles_table: str
    deliveries_table: str
    ledger_table: str
    erasures_table: str
    erasures_queue: str
    """The URL of the queue that functions/privacy/erase reads."""
    destination_names: list[str]
    profiles_days: int
    """How long a person of whom no event comes is kept."""
    identifiers: IdentifierSettings
    """Whose national numbers others may hold as a trait."""
    consent: ConsentSettings = CONSENT


class PrivacyRecordSettings(VaultSettings, frozen=True, kw_only=True):
    """functions/privacy/record."""

    ledger_table: str
    suppressions_table: str
    consent: ConsentSettings = CONSENT


class PrivacyAttestSettings(Settings, frozen=True, kw_only=True):
    """functions/privacy/attest."""

    ledger_table: str
    roots_bucket: str


class PrivacyPeopleSettings(VaultSettings, frozen=True, kw_only=True):
    """functions/privacy/people."""

    erasures_table: str
    erasures_queue: str
    """The URL of the queue that functions/privacy/erase reads."""
    privacy_secret: str


class PrivacyResumeSettings(Settings, frozen=True, kw_only=True):
    """functions/privacy/resume."""

    erasures_table: str
    erasures_queue: str


class PrivacyEraseSettings(VaultSettings, frozen=True, kw_only=True):
    """functions/privacy/erase."""

    erasures_table: str
    profiles_table: str
    deliveries_table: str
    failed_bucket: str
    parked_bucket: str
    overflow_bucket: str
    remains_hours: dict[str, int]
    """Store to how long at most something sealed of an erased person stays where nobody edits."""
    erasures_queue: str
    ledger_table: str
    suppressions_table: str
    destinations: dict[str, DestinationSettings]
    identifiers: IdentifierSettings


class PrivacyRotateSettings(VaultSettings, frozen=True, kw_only=True):
    """functions/privacy/rotate."""

    profiles_table: str
    erasures_table: str
    branch_days: int
    """How old a version of the branch key gets."""
    kept_days: int
    """The longest that what is sealed may lie in a stream, a queue, a bucket or a backup."""
    former_key: str = ""
    """The KMS key before this one, while keys that it wrapped are left."""
