"""The failure catalogue names every fault that is played and every mistake that is planted."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from tests.simulation.faults import AROUND, KINDS, REFUSED, UNSURE
from tests.simulation.mutants import MUTANTS
from tests.simulation.orders import FAULTS

PAGE = Path(__file__).resolve().parents[2] / "docs/reference/failure-catalogue.md"
EVERY_FAULT = {kind for kinds in (*KINDS.values(), *FAULTS.values()) for kind in kinds}
EVERY_FAULT |= {*AROUND, *REFUSED, *UNSURE}


def column(number: int) -> Counter[str]:
    lines = [line for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    return Counter(
        name for line in lines for name in re.findall(r"`(\w+)`", line.split("|")[number])
    )


def test_every_fault_plays_a_failure_of_the_catalogue() -> None:
    assert column(2).keys() == EVERY_FAULT


def test_every_planted_mistake_is_shown_by_one_failure_of_the_catalogue() -> None:
    assert column(3) == Counter(MUTANTS.keys())


def test_every_failure_of_the_catalogue_has_a_fault_and_a_mistake() -> None:
    for line in PAGE.read_text().splitlines():
        if line.startswith("| ") and not line.startswith("| failure"):
            assert all("`" in cell for cell in line.split("|")[2:4]), line
