"""What the functions of the lake read from their environment."""

from __future__ import annotations

from millrace.settings.consent import CONSENT, ConsentSettings
from millrace.settings.traits import BehaviourSettings, TraitPolicy
from millrace.settings.vault import VaultSettings


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


class LakeReplaySettings(VaultSettings, frozen=True, kw_only=True):
    """functions/lake/replay."""

    events_stream: str
    lake_bucket: str
