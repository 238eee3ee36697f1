"""The simulation sees every planted mistake; one it does not see is a check that is missing."""

from __future__ import annotations

import pytest

from tests.simulation.episode import Episode
from tests.simulation.mutants import MUTANTS, planted

MAX_EPISODES = 400


@pytest.mark.parametrize("name", MUTANTS)
def test_the_simulation_catches(name: str) -> None:
    for seed in range(MAX_EPISODES):
        verdict = Episode(seed).play(planted(name))
        if not verdict.is_clean:
            return
    pytest.fail(f"{name} survived {MAX_EPISODES} episodes")


def test_at_least_twenty_five_mistakes_are_planted() -> None:
    assert len(MUTANTS) >= 25


def test_the_same_episodes_without_a_mistake_are_clean() -> None:
    for seed in range(30):
        verdict = Episode(seed).play()
        assert verdict.is_clean, verdict.complaints
