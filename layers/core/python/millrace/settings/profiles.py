"""What the function of profiles reads from its environment."""

from __future__ import annotations

from millrace.settings.consent import CONSENT, ConsentSettings
from millrace.settings.identity import IdentitySettings
from millrace.settings.traits import BehaviourSettings, TraitPolicy
from millrace.settings.vault import VaultSettings


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
