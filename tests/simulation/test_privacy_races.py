"""Erasure, consent and sends against each other and against events, in every order of their calls.

Whatever the order, and with any single fault: who was erased is nowhere, who began anew is there
with everything since, each event is in one place, and a destination is told of nobody whose
refusal or erasure could be read when it was asked for.
"""

from __future__ import annotations

import sys

import pytest

from tests.simulation.mutants import planted
from tests.simulation.privacy_races import PRIVACY, explorer_of
from tests.simulation.races import ring_of

SHORT = (
    "erase against the first event",
    "erase against a later event",
    "suppress against a send",
    "a send for a purpose that nobody knows",
)
"""The default run has these with every single fault: the others take five seconds or more."""
LONG = ("erase against a parting and a fresh consent of both names",)
"""Ten thousand orders without any fault take half a minute."""
CROWDED = ("erase against a fresh consent and an event", *LONG)
"""Three at a time: with a fault at every call besides, there are millions of orders."""
CAUGHT_BY = {
    "rows_are_deleted_instead_of_tombstoned": "erase against events",
    "a_tombstone_is_written_without_its_condition": "erase against a new name",
    "the_names_of_the_erased_keep_their_rows": "erase against events",
    "events_from_before_the_erasure_are_applied": "erase against events",
    "an_erasure_is_compared_with_the_time_of_the_event": "erase against a yes from before it",
    "a_later_event_needs_no_consent": "erase against a later event",
    "a_signal_begins_an_erased_person_anew": "erase against a later banner",
    "each_fresh_consent_makes_a_key_of_its_own": "the second pass against two fresh consents",
    "a_merge_goes_through_a_tombstone": "erase against a neighbour's new name",
    "neighbours_remember_the_erased": "erase against a neighbour's new name",
    "a_tie_of_a_former_life_counts_for_who_began_anew": (
        "erase against a fresh consent that names a neighbour"
    ),
    "neighbours_keep_their_ties_to_who_began_anew": (
        "erase against a fresh consent of a neighbour's name"
    ),
    "names_of_the_erased_are_read_before_who_holds_them": (
        "erase against a fresh consent that names a neighbour"
    ),
    "the_names_of_a_person_have_no_erasure_of_their_own": (
        "the second pass against late events about somebody who joined another"
    ),
    "neighbours_keep_the_address_of_the_erased_in_their_traits": (
        "erase against who shares the address"
    ),
    "the_keys_of_the_erased_are_kept": "erase against events",
    "keys_are_destroyed_before_rows": "erase against a fresh consent of one name",
    "who_began_anew_loses_the_new_key": "the second pass against who came back",
    "seen_ids_of_the_erased_are_kept": "erase against ids that spill",
    "seen_ids_of_who_came_back_are_forgotten": "the second pass against who came back",
    "the_second_pass_is_skipped": "erase against a send",
    "consent_is_asked_when_a_batch_is_read_and_not_at_the_send": "withdraw against a send",
    "the_suppression_list_is_not_read_again_at_the_send": "suppress against a send",
    "a_withdrawal_is_told_to_nobody": "withdraw against a send",
    "an_unknown_purpose_is_allowed": "a send for a purpose that nobody knows",
    "what_was_told_is_recorded_without_a_condition": (
        "the second pass against a send of who came back"
    ),
    "a_name_that_was_joined_speaks_for_its_person": "a parting against a send by either name",
    "a_merge_takes_the_wider_answer": "a merge with who refuses against a send",
}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] * (name in LONG)) for name in PRIVACY]
)
def test_every_order_of_calls_ends_with_nobody_back_and_nobody_told_of_who_refused(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    explore(name, 0, capsys)


@pytest.mark.parametrize("name", SHORT)
def test_every_order_with_every_single_fault_of_a_short_race_ends_the_same(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    explore(name, 1, capsys)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in PRIVACY if name not in SHORT + CROWDED])
def test_every_order_with_every_single_fault_of_a_long_race_ends_the_same(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    explore(name, 1, capsys)


def explore(name: str, faults: int, capsys: pytest.CaptureFixture[str]) -> None:
    with ring_of(PRIVACY[name].ring):
        explorer = explorer_of(PRIVACY[name], faults)
        explorer.explore()
    with capsys.disabled():
        sys.stdout.write(f"\n{name}: {explorer.executions} executions, {explorer.calls} calls ")
    assert explorer.executions >= 10


@pytest.mark.parametrize(("mistake", "name"), CAUGHT_BY.items())
def test_a_race_shows_a_mistake_about_privacy(mistake: str, name: str) -> None:
    with ring_of(PRIVACY[name].ring):
        explorer = explorer_of(PRIVACY[name], faults=0)
        try:
            with planted(mistake):
                explorer.explore()
        except (AssertionError, KeyError):
            return
    pytest.fail(f"{mistake} survived {name}")
