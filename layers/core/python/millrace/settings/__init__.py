"""What each function reads from its environment, declared once.

infra makes the instance and writes `to_env()` into the template; the handler reads the same
class with `from_env()`. A key cannot be misspelt on one side only.
"""

from __future__ import annotations

from millrace.settings.activation import ActivationDeliverSettings, ActivationWakeSettings
from millrace.settings.consent import CONSENT, ConsentSettings, KeptData, PurposeSettings
from millrace.settings.destinations import DestinationSettings
from millrace.settings.environment import Settings
from millrace.settings.identity import IdentifierSettings, IdentitySettings
from millrace.settings.intake import (
    IntakeConsentSettings,
    IntakeOperateSettings,
    IntakeReceiveSettings,
    IntakeRefillSettings,
    IntakeReplaySettings,
    IntakeSettings,
    IntakeTrackSettings,
    IntakeWebhookSettings,
    LadderSettings,
)
from millrace.settings.lake import LakeChangesSettings, LakeReplaySettings, LakeWriteSettings
from millrace.settings.personalization import PersonalizationServeSettings
from millrace.settings.privacy import (
    PrivacyAttestSettings,
    PrivacyEraseSettings,
    PrivacyPeopleSettings,
    PrivacyRecordSettings,
    PrivacyResumeSettings,
    PrivacyRetainSettings,
    PrivacyRotateSettings,
)
from millrace.settings.profiles import ProfilesUpdateSettings
from millrace.settings.sources import PlanSettings, SourceSettings, WebhookSettings
from millrace.settings.traits import BehaviourSettings, TraitPolicy
from millrace.settings.vault import VaultSettings

__all__ = [
    "CONSENT",
    "ActivationDeliverSettings",
    "ActivationWakeSettings",
    "BehaviourSettings",
    "ConsentSettings",
    "DestinationSettings",
    "IdentifierSettings",
    "IdentitySettings",
    "IntakeConsentSettings",
    "IntakeOperateSettings",
    "IntakeReceiveSettings",
    "IntakeRefillSettings",
    "IntakeReplaySettings",
    "IntakeSettings",
    "IntakeTrackSettings",
    "IntakeWebhookSettings",
    "KeptData",
    "LadderSettings",
    "LakeChangesSettings",
    "LakeReplaySettings",
    "LakeWriteSettings",
    "PersonalizationServeSettings",
    "PlanSettings",
    "PrivacyAttestSettings",
    "PrivacyEraseSettings",
    "PrivacyPeopleSettings",
    "PrivacyRecordSettings",
    "PrivacyResumeSettings",
    "PrivacyRetainSettings",
    "PrivacyRotateSettings",
    "ProfilesUpdateSettings",
    "PurposeSettings",
    "Settings",
    "SourceSettings",
    "TraitPolicy",
    "VaultSettings",
    "WebhookSettings",
]
