"""What the function of personalization reads from its environment."""

from __future__ import annotations

from typing import Any

from millrace.settings.consent import CONSENT, ConsentSettings
from millrace.settings.traits import BehaviourSettings, TraitPolicy
from millrace.settings.vault import VaultSettings


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
