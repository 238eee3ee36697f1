"""What the configuration says of reading a person: whose trait wins, and how."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from millrace.settings import BehaviourSettings, TraitPolicy

DEFAULT_PRIORITY = 50
DEFAULT_POLICY: TraitPolicy = "priority"


class ReadRules(msgspec.Struct, frozen=True, kw_only=True):
    """How the profile follows from a person's stems."""

    priorities: Mapping[str, int] = {}
    """Source to the weight of its traits."""
    policies: Mapping[str, TraitPolicy] = {}
    """Trait name, or the beginning of names and `*`, to how its value is decided."""
    behaviour: BehaviourSettings = BehaviourSettings()

    def weight(self, source: str) -> int:
        """How much the traits of `source` weigh."""
        return self.priorities.get(source, DEFAULT_PRIORITY)

    def policy(self, trait: str) -> TraitPolicy:
        """Its own policy, else that of the longest beginning that is named."""
        if not self.policies:
            return DEFAULT_POLICY
        own = self.policies.get(trait)
        if own is not None:
            return own
        begun = [name for name in self.policies if name[-1:] == "*" and _begins(trait, name)]
        return self.policies[max(begun, key=len)] if begun else DEFAULT_POLICY


DEFAULT_RULES = ReadRules()


def read_rules(settings: Any) -> ReadRules:
    """The rules in the settings of a function that reads profiles."""
    return ReadRules(
        priorities=settings.source_priorities,
        policies=settings.trait_policies,
        behaviour=settings.behaviour,
    )


def _begins(trait: str, pattern: str) -> bool:
    return trait.startswith(pattern[:-1])
