"""A key is destroyed only when nothing can need it; each refusal says what to do."""

from __future__ import annotations

import pytest

from millrace.clock import DAY_MS
from millrace.errors import NeedsHuman
from millrace.privacy.branches import CURRENT_MS
from millrace.rotation.model import Part
from millrace.rotation.retiring import SLACK_MS, check_retirable
from millrace.rotation.rewrapping import sweep
from tests.core.rotation.conftest import NOON, RULES, World


def check(world: World, number: int = 1) -> None:
    now = world.clock.now_ms()
    check_retirable(number, world.keys.branches(), world.sweeps.kept, RULES, now)


def refusal(world: World, number: int = 1) -> NeedsHuman:
    with pytest.raises(NeedsHuman) as raised:
        check(world, number)
    return raised.value


def test_a_version_goes_when_all_is_sealed_anew_and_the_longest_retention_is_over(
    world: World,
) -> None:
    sweep(world.ports)
    over = NOON + CURRENT_MS + 90 * DAY_MS + SLACK_MS
    world.clock.set(over)
    check(world)
    world.clock.set(over - 1)
    assert refusal(world).code == "key_too_young"
    assert "another 1 days" in refusal(world).message


def test_the_current_version_stays_and_so_does_one_that_was_made_but_never_used(
    world: World,
) -> None:
    world.keys.make(3)
    for number in (2, 3):
        assert refusal(world, number).code == "key_in_use"


def test_a_version_that_never_was_is_none(world: World) -> None:
    assert refusal(world, 9).code == "no_such_key"


def test_nothing_is_believed_to_be_gone_that_nobody_has_counted(world: World) -> None:
    assert refusal(world).code == "key_not_counted"
    assert "privacy rewrap" in refusal(world).message


def test_a_count_from_before_the_rotation_does_not_do() -> None:
    world = World()
    sweep(world.ports)
    world.rotate()
    assert refusal(world).code == "key_not_counted"


def test_what_is_left_is_counted_and_keeps_the_key(world: World) -> None:
    content = world.profiles.items["profiles-3"].parts[0]
    world.profiles.put("profiles-3", 1, Part("of somebody else", content.sealed))
    sweep(world.ports)
    assert refusal(world).code == "key_needed"
    assert refusal(world).message.startswith("1 values under version 1")
