"""What each function reads from its environment, declared once.

infra makes the instance and writes `to_env()` into the template; the handler reads the same
class with `from_env()`. A key cannot be misspelt on one side only.
"""

from __future__ import annotations

from typing import Any

from millrace.computing import BehaviourSettings, TraitPolicy
from millrace.environ import Settings
from millrace.parties import (
    DestinationSettings,
    PlanSettings,
    SourceSettings,
    WebhookSettings,
)
from millrace.purposes import ConsentSettings
from millrace.recognition import IdentifierSettings, IdentitySettings

CONSENT = ConsentSettings()


class VaultSettings(Settings, frozen=True, kw_only=True):
    """What the vault needs: the table of wrapped keys and the KMS key that wraps them."""

    stage: str
    subjects_table: str
    key_arn: str


class LadderSettings(VaultSettings, frozen=True, kw_only=True):
    """What every function that puts new events into the stream needs."""

    events_stream: str
    overflow_queue: str
    """The URL of the queue that takes events while the stream does not."""
    overflow_bucket: str
    """The bucket that takes them while neither does."""


class IntakeSettings(LadderSettings, frozen=True, kw_only=True):
    """What every function that takes events from outside needs."""

    failed_bucket: str
    plans: dict[str, PlanSettings] = {}
    """By source; one that is not named here has the defaults."""
    identifiers: IdentifierSettings = IdentifierSettings()


class IntakeTrackSettings(IntakeSettings, frozen=True, kw_only=True):
    """functions/intake/track."""

    sources: dict[str, SourceSettings]
    max_events_per_second: int = 0
    """Of one source, in one sandbox; 0: as many as come."""


class IntakeWebhookSettings(IntakeSettings, frozen=True, kw_only=True):
    """functions/intake/webhook."""

    webhooks: dict[str, WebhookSettings]


class IntakeOperateSettings(LadderSettings, frozen=True, kw_only=True):
    """functions/intake/operate."""


class IntakeConsentSettings(LadderSettings, frozen=True, kw_only=True):
    """functions/intake/consent."""

    consent_secret: str
    consent: ConsentSettings = CONSENT


class IntakeRefillSettings(Settings, frozen=True, kw_only=True):
    """functions/intake/refill."""

    events_stream: str
    overflow_queue: str
    overflow_bucket: str


class IntakeReplaySettings(VaultSettings, frozen=True, kw_only=True):
    """functions/intake/replay."""

    events_stream: str
    failed_bucket: str
    webhooks: dict[str, WebhookSettings] = {}
    plans: dict[str, PlanSettings] = {}
    identifiers: IdentifierSettings = IdentifierSettings()


class ProfilesUpdateSettings(VaultSettings, frozen=True, kw_only=True):
    """functions/profiles/update."""

    profiles_table: str
    failed_bucket: str
    source_priorities: dict[str, int]
    trait_policies: dict[str, TraitPolicy] = {}
    behaviour: BehaviourSettings = BehaviourSettings()
    destination_names: list[str]
    """The destinations that are told of a change: they become the `dirty` marks."""
    write_threads: int = 8
    identity: IdentitySettings = IdentitySettings()
    consent: ConsentSettings = CONSENT


class PersonalizationServeSettings(VaultSettings, frozen=True, kw_only=True):
    """functions/personalization/serve."""

    profiles_table: str
    read_secret: str
    source_priorities: dict[str, int]
    trait_policies: dict[str, TraitPolicy] = {}
    behaviour: BehaviourSettings = BehaviourSettings()
    fallback: dict[str, Any]
    budget_ms: int = 150
    """How long the table may take before the generic content is served instead."""
    consent: ConsentSettings = CONSENT


class LakeWriteSettings(VaultSettings, frozen=True, kw_only=True):
    """functions/lake/write."""

    lake_bucket: str
    consent: ConsentSettings = CONSENT


class LakeChangesSettings(VaultSettings, frozen=True, kw_only=True):
    """functions/lake/changes."""

    lake_bucket: str
    source_priorities: dict[str, int]
    trait_policies: dict[str, TraitPolicy] = {}
    behaviour: BehaviourSettings = BehaviourSettings()


class ActivationWakeSettings(Settings, frozen=True, kw_only=True):
    """functions/activation/wake."""

    queues: dict[str, str]
    """Queue URL by destination name."""


class ActivationDeliverSettings(VaultSettings, frozen=True, kw_only=True):
    """functions/activation/deliver."""

    profiles_table: str
    deliveries_table: str
    suppressions_table: str
    queues: dict[str, str]
    source_priorities: dict[str, int]
    trait_policies: dict[str, TraitPolicy] = {}
    behaviour: BehaviourSettings = BehaviourSettings()
    destinations: dict[str, DestinationSettings]
    consent: ConsentSettings = CONSENT


class PrivacyRetainSettings(VaultSettings, frozen=True, kw_only=True):
    """functions/privacy/retain."""

    profiles_table: str
    deliveries_table: str
    destination_names: list[str]
    profiles_days: int
    """How long a person of whom no event comes is kept."""


class PrivacyRecordSettings(VaultSettings, frozen=True, kw_only=True):
    """functions/privacy/record."""

    ledger_table: str
    suppressions_table: str
    consent: ConsentSettings = CONSENT


class PrivacyAttestSettings(Settings, frozen=True, kw_only=True):
    """functions/privacy/attest."""

    ledger_table: str
    roots_bucket: str
