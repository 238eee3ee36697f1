"""What the functions of activation read from their environment."""

from __future__ import annotations

from millrace.settings.consent import CONSENT, ConsentSettings
from millrace.settings.destinations import DestinationSettings
from millrace.settings.environment import Settings
from millrace.settings.traits import BehaviourSettings, TraitPolicy
from millrace.settings.vault import VaultSettings


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
