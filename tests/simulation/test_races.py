"""Every interleaving of the store calls of handlers that race, each with at most one fault."""

from __future__ import annotations

import sys

import pytest

from tests.simulation.mutants import planted
from tests.simulation.races import RACES, explorer_of, ring_of

CAUGHT_BY = {
    "an_alias_whose_root_was_not_there_yet_is_nobody": (
        "a first login while its two names are read apart"
    ),
    "people_who_were_asked_but_not_changed_are_not_checked": (
        "two merges that only together let a refused tie hold"
    ),
    "an_alias_that_was_read_is_believed_to_still_be_there": (
        "joined and parted while somebody reads"
    ),
    "a_torn_read_is_believed": "a device that moves while it is used",
    "a_block_names_ids_of_the_write_in_hand": "ids spill while events come",
    "aliases_are_written_without_condition": "a merge against a merge",
    "a_conflict_counts_as_written": "two batches of one person",
    "a_batch_that_answered_counts_as_written": "two people in two batches",
    "a_batch_without_an_answer_counts_as_written": "two people in two batches",
    "the_statements_of_a_batch_have_no_conditions": "two people in two batches",
}


@pytest.mark.parametrize("name", RACES)
def test_every_order_of_calls_with_every_single_fault_ends_the_same(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    explore(name, 0 if RACES[name].is_long else 1, capsys)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, race in RACES.items() if race.is_long])
def test_every_order_of_calls_of_a_long_race_with_every_single_fault_ends_the_same(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    explore(name, 1, capsys)


def explore(name: str, faults: int, capsys: pytest.CaptureFixture[str]) -> None:
    with ring_of(RACES[name].ring):
        explorer = explorer_of(RACES[name], faults)
        explorer.explore()
    with capsys.disabled():
        sys.stdout.write(f"\n{name}: {explorer.executions} executions, {explorer.calls} calls ")
    assert explorer.executions >= 10


@pytest.mark.parametrize(("mistake", "name"), CAUGHT_BY.items())
def test_a_race_shows_what_is_rare_at_random(mistake: str, name: str) -> None:
    with ring_of(RACES[name].ring):
        explorer = explorer_of(RACES[name])
        with planted(mistake), pytest.raises(AssertionError):
            explorer.explore()


def test_there_are_at_least_eight_races() -> None:
    assert len(RACES) >= 8
