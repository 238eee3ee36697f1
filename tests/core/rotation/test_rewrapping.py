"""Sealing anew: everything, once, page by page, and never against who writes at the same time."""

from __future__ import annotations

import pytest

from millrace.errors import RetryLater
from millrace.privacy.branches import CURRENT_MS
from millrace.rotation.model import Part
from millrace.rotation.rewrapping import REST_PER_ITEM, REST_SECONDS, is_due, sweep
from tests.core.rotation.conftest import World


def test_everything_is_sealed_under_the_current_version_and_says_the_same(world: World) -> None:
    swept = sweep(world.ports)
    assert (swept.items, swept.resealed, swept.changed, swept.is_done) == (10, 10, 0, True)
    for shelf in (world.subjects, world.profiles):
        assert world.versions(shelf) == [2] * 5
        assert world.contents(shelf) == [b"first"] * 5
    last = world.sweeps.kept.last
    assert last is not None
    assert last.under == {"subjects": {2: 5}, "profiles": {2: 5}}
    assert (last.remaining(1), last.remaining(2)) == (0, 10)


def test_a_second_sweep_changes_nothing(world: World) -> None:
    sweep(world.ports)
    before = dict(world.profiles.items)
    assert sweep(world.ports).resealed == 0
    assert world.profiles.items == before


def test_an_item_with_several_values_is_replaced_as_a_whole(world: World) -> None:
    old, new = world.vault.key, world.vault
    parts = [Part("s|2", new.seal(b"b", context="s|2")), Part("s|1", b"")]
    parts[1] = Part("s|1", type(new)().seal(b"a", context="s|1"))
    world.subjects.put("subjects-0", 1, *parts)
    assert sweep(world.ports).resealed == 10
    assert {world.vault.key, *world.versions(world.subjects)} == {old, 2}
    assert world.contents(world.subjects)[:2] == [b"b", b"a"]


def test_writes_are_paced_so_that_events_come_first(world: World) -> None:
    sweep(world.ports)
    assert sum(world.slept) == pytest.approx(6 * REST_SECONDS + 10 * REST_PER_ITEM)


def test_a_writer_in_between_wins_and_the_next_sweep_comes_by(world: World) -> None:
    def write_first(call: str) -> None:
        if call == "replace":
            world.profiles.before = lambda _: None
            world.vault.key = type(world.vault)().key  # a sandbox that knows the old pointer
            world.write(world.profiles, "profiles-0", 2, b"second")
            world.vault.key = other

    other = world.vault.key
    world.profiles.before = write_first
    swept = sweep(world.ports)
    assert (swept.resealed, swept.changed) == (9, 1)
    assert world.contents(world.profiles)[0] == b"second"
    assert is_due(world.keys.branches(), world.sweeps.kept)
    assert sweep(world.ports).resealed == 1
    assert not is_due(world.keys.branches(), world.sweeps.kept)


def test_an_erasure_in_between_wins_and_nothing_comes_back(world: World) -> None:
    def erase(call: str) -> None:
        if call == "replace":
            world.profiles.put("profiles-0", 2)

    world.profiles.before = erase
    sweep(world.ports)
    assert world.profiles.items["profiles-0"].parts == ()


@pytest.mark.parametrize("call", ["page", "replace", "keep_sweep", "read_sweep"])
@pytest.mark.parametrize("number", range(1, 7))
def test_a_sweep_that_stops_anywhere_goes_on_there_and_counts_right(
    world: World, call: str, number: int
) -> None:
    calls: list[str] = []

    def fault(name: str) -> None:
        calls.append(name)
        if name == call and calls.count(call) == number:
            raise RetryLater("table_unavailable", "down")

    for each in (world.subjects, world.profiles, world.sweeps):
        each.before = fault
    while True:
        try:
            done = sweep(world.ports).is_done
        except RetryLater:
            continue
        if done:
            break
    last = world.sweeps.kept.last
    assert last is not None
    assert last.under == {"subjects": {2: 5}, "profiles": {2: 5}}
    assert world.contents(world.profiles) == [b"first"] * 5


def test_a_sweep_out_of_time_says_so_and_goes_on_next_time(world: World) -> None:
    runs = []
    while not runs or not runs[-1].is_done:
        runs.append(sweep(world.ports, budget_ms=0))
    assert len(runs) == 6, "a page each"
    assert sum(run.resealed for run in runs) == 10


def test_of_two_sweeps_at_once_one_goes_on(world: World) -> None:
    def other(call: str) -> None:
        if call == "keep_sweep":
            world.sweeps.before = lambda _: None
            assert sweep(world.ports).is_done

    world.sweeps.before = other
    assert not sweep(world.ports).is_done
    last = world.sweeps.kept.last
    assert last is not None
    assert last.remaining(2) == 10


def test_what_no_key_opens_is_left_alone_and_counted(world: World) -> None:
    world.profiles.put(
        "profiles-0", 1, Part("another", world.profiles.items["profiles-0"].parts[0].sealed)
    )
    world.profiles.put("profiles-1", 1, Part("profiles-1", b"never sealed"))
    swept = sweep(world.ports)
    assert (swept.resealed, swept.unreadable) == (8, 2)
    last = world.sweeps.kept.last
    assert last is not None
    assert last.under["profiles"] == {1: 1, 2: 3, 0: 1}


def test_a_sweep_is_due_only_after_a_rotation_and_once_more_where_it_began_too_early() -> None:
    world = World()
    assert not is_due(world.keys.branches(), world.sweeps.kept)
    world.rotate()
    world.clock.advance(-CURRENT_MS - 1)
    assert is_due(world.keys.branches(), world.sweeps.kept)
    sweep(world.ports)
    assert is_due(world.keys.branches(), world.sweeps.kept), "some sandbox may not have known yet"
    world.clock.advance(CURRENT_MS + 1)
    sweep(world.ports)
    assert not is_due(world.keys.branches(), world.sweeps.kept)
