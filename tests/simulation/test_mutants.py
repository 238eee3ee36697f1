"""The simulation sees every planted mistake; one it does not see is a check that is missing."""

from __future__ import annotations

import pytest

from tests.simulation.episode import Episode
from tests.simulation.mutants import MUTANTS, planted
from tests.simulation.test_privacy_races import CAUGHT_BY as PRIVATE
from tests.simulation.test_races import CAUGHT_BY

MAX_EPISODES = 400
QUICKLY_SEEN = {
    "rows_are_deleted_instead_of_tombstoned",
    "the_names_of_the_erased_keep_their_rows",
    "events_from_before_the_erasure_are_applied",
    "the_keys_of_the_erased_are_kept",
    "consent_is_asked_when_a_batch_is_read_and_not_at_the_send",
}
"""Mistakes about privacy that a few episodes show; the others are rare outside of a race."""
NEEDS_A_RACE = {
    "an_alias_that_was_read_is_believed_to_still_be_there",
    "an_alias_whose_root_was_not_there_yet_is_nobody",
    "a_batch_without_an_answer_counts_as_written",
    *(PRIVATE.keys() - QUICKLY_SEEN),
}
"""Seen at random once in some hundred episodes, so shown in every run by a race."""


@pytest.mark.parametrize("name", [name for name in MUTANTS if name not in NEEDS_A_RACE])
def test_the_simulation_catches(name: str) -> None:
    for seed in range(MAX_EPISODES):
        verdict = Episode(seed).play(planted(name))
        if not verdict.is_clean:
            return
    pytest.fail(f"{name} survived {MAX_EPISODES} episodes")


def test_at_least_twenty_five_mistakes_are_planted() -> None:
    assert len(MUTANTS) >= 25
    assert {*CAUGHT_BY, *PRIVATE} >= NEEDS_A_RACE


def test_the_same_episodes_without_a_mistake_are_clean() -> None:
    for seed in range(30):
        verdict = Episode(seed).play()
        assert verdict.is_clean, verdict.complaints
