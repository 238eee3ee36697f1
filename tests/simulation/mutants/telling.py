"""Mistakes in what destinations are told."""

from __future__ import annotations

import importlib
from typing import Any

import msgspec

from millrace.profiles.drafting import Drafting
from millrace.profiles.model import Row
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
