"""Mistakes in what destinations are told."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from millrace.activation import Delivery, Message
from millrace.activation.plan import Person
from millrace.profiles.drafting import Drafting
from millrace.profiles.model import Profile, Row
from tests.fakes.deliveries import MemoryDeliveries
from tests.simulation.mutants.planting import Patch, mutant

delivering: Any = importlib.import_module("millrace.activation.deliver")


@mutant
def destinations_are_not_marked() -> list[Patch]:
    return [(Drafting, "_is_change", lambda self, before, after: False)]


@mutant
def a_write_that_nobody_sees_takes_the_marks_off() -> list[Patch]:
    def root_write(self: Drafting, root: str, before: Any, after: Any, row: Row | None) -> Any:
        bare = msgspec.structs.replace(row, dirty={}) if row else None
        return real(self, root, before, after, bare)

    real = Drafting.root_write
    return [(Drafting, "root_write", root_write)]


@mutant
def what_could_not_be_told_is_forgotten() -> list[Patch]:
    return [(delivering._Delivery, "_defer", lambda self: frozenset())]


@mutant
def what_was_told_is_recorded_without_a_condition() -> list[Patch]:
    """As it was: after a destination deleted somebody it counted as told once more."""

    def replace(
        self: MemoryDeliveries, destination: str, changes: Mapping[str, tuple[Delivery, Delivery]]
    ) -> set[str]:
        self.record(destination, {key: now for key, (_, now) in changes.items()})
        return set(changes)

    return [(MemoryDeliveries, "replace", replace)]


@mutant
def a_name_that_was_joined_speaks_for_its_person() -> list[Patch]:
    """As it was: once they part again, its message is kept for it alone."""

    def people(messages: Iterable[Message], profiles: Mapping[str, Profile]) -> dict[str, Person]:
        found: dict[str, Person] = {}
        for message in messages:
            profile = profiles.get(message.wake.key)
            if profile is not None:
                person = found.setdefault(profile.key, Person(profile, []))
                person.messages.append(message)
        return found

    return [(delivering, "people", people)]
