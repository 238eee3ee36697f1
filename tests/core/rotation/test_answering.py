"""What the function of rotation does when it is asked, and when nobody asks."""

from __future__ import annotations

from typing import Any

import pytest

from millrace.clock import DAY_MS
from millrace.errors import NeedsHuman
from millrace.rotation import Rotation, answer
from millrace.rotation.ports import PersonPorts
from tests.core.rotation.conftest import NOON, RULES, World
from tests.fakes.profiles import MemoryProfiles
from tests.fakes.subjects import MemorySubjects
from tests.fakes.vault import SECOND_KEY


def ask(world: World, **asked: Any) -> dict[str, Any]:
    subjects = MemorySubjects()
    person = PersonPorts(
        store=MemoryProfiles(world.vault, subjects=subjects),
        reader=subjects,
        rotation=subjects,
        rows=world.profiles,
        vault=world.vault,
    )
    return answer(asked, Rotation(sweep=world.ports, person=person, rules=RULES))


def test_the_daily_run_rotates_what_is_old_enough_and_seals_anew_on_the_next_days() -> None:
    world = World()
    assert ask(world, source="aws.events") == {"current": 2, "rotated": 1, "rewrapped": 3}
    world.vault.key = SECOND_KEY
    world.clock.advance(DAY_MS)
    assert ask(world)["resealed"] == 10
    world.clock.advance(DAY_MS)
    assert ask(world) == {"current": 2}
    world.clock.advance(363 * DAY_MS)
    assert ask(world)["rotated"] == 1


def test_the_report_has_every_version_with_what_was_counted_under_it(world: World) -> None:
    assert ask(world, do="keys")["counted_at"] == 0
    ask(world, do="rewrap")
    told = ask(world, do="keys")
    assert (told["current"], told["is_counting"]) == (2, False)
    first, second = told["versions"]
    assert (first["until"], second["since"], second["retires_at"]) == (NOON, NOON, 0)
    assert first["retires_at"] > NOON + 90 * DAY_MS
    assert (first["under"], second["under"]) == (
        {"subjects": 0, "profiles": 0},
        {"subjects": 5, "profiles": 5},
    )


def test_a_version_is_retired_only_where_nothing_stands_against_it(world: World) -> None:
    with pytest.raises(NeedsHuman, match="key_not_counted"):
        ask(world, do="retire", version=1)
    assert world.keys.retired == {}
    ask(world, do="rewrap")
    world.clock.advance(92 * DAY_MS)
    assert ask(world, do="retire", version=1) == {"retired": 1}
    assert world.keys.retired == {1: world.clock.now_ms()}


def test_a_run_gets_the_time_that_is_asked_for_and_no_more_than_usual(world: World) -> None:
    assert ask(world, do="rewrap", budget_ms=0)["items"] == 2
    assert ask(world, do="rewrap", budget_ms=10**12)["is_done"]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"do": "everything"}, "unknown_rotation"),
        ({"do": "person", "person": "ada@example.com"}, "not_an_identifier"),
        ({"do": "person"}, "not_an_identifier"),
        ({"do": "retire"}, "no_such_key"),
    ],
)
def test_what_makes_no_sense_is_refused_without_repeating_it(
    world: World, asked: dict[str, str], code: str
) -> None:
    with pytest.raises(NeedsHuman) as raised:
        ask(world, **asked)
    assert raised.value.code == code
    assert "ada" not in raised.value.message
