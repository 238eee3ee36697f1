"""The simulation sees every planted mistake; one it does not see is a check that is missing."""

from __future__ import annotations

import pytest

from tests.simulation.episode import Episode
from tests.simulation.mutants import MUTANTS, planted
from tests.simulation.test_races import CAUGHT_BY

MAX_EPISODES = 400
NEEDS_A_RACE = {"an_alias_that_was_read_is_believed_to_still_be_there"}
"""Seen at random once in some hundred episodes, so shown in every run by test_races.py."""


@pytest.mark.parametrize("name", [name for name in MUTANTS if name not in NEEDS_A_RACE])
def test_the_simulation_catches(name: str) -> None:
    for seed in range(MAX_EPISODES):
        verdict = Episode(seed).play(planted(name))
        if not verdict.is_clean:
            return
    pytest.fail(f"{name} survived {MAX_EPISODES} episodes")


def test_at_least_twenty_five_mistakes_are_planted() -> None:
    assert len(MUTANTS) >= 25
    assert CAUGHT_BY.keys() >= NEEDS_A_RACE


def test_the_same_episodes_without_a_mistake_are_clean() -> None:
    for seed in range(30):
        verdict = Episode(seed).play()
        assert verdict.is_clean, verdict.complaints
