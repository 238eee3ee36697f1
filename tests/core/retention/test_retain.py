"""Who sent nothing for so long is emptied, once, whole; whoever comes back in time stays."""

from __future__ import annotations

import contextlib

import msgspec
import pytest

from millrace.activation import Delivery
from millrace.clock import DAY_MS
from millrace.errors import RetryLater
from tests.core.profiles.stories import NOON, event
from tests.core.retention.houses import DAYS, LATER, House


@pytest.fixture
def house():
    made = House()
    made.world.apply(
        event("1", anonymous="anon"),
        event("2", user="ada", anonymous="anon", email="ada@example.com", kind="identify"),
    )
    root = made.world.profile("user_id", "ada").key
    made.deliveries.rows["klaviyo", root] = Delivery(digest="d", version=1, at=NOON)
    return made


def test_nobody_is_emptied_a_day_too_early(house):
    house.later(DAYS * DAY_MS - DAY_MS)
    assert house.everything() == 0
    assert house.profile() is not None


def test_a_person_is_emptied_under_every_identifier_with_what_hung_on_them(house):
    house.later()
    assert house.everything() == 1
    for kind, value in (("user_id", "ada"), ("anonymous_id", "anon"), ("email", "ada@example.com")):
        assert house.profile(kind, value) is None
    assert house.deliveries.rows == {}


def test_a_second_run_finds_nothing_to_do(house):
    house.later()
    house.everything()
    rows = dict(house.world.store.rows)
    assert house.everything() == 0
    assert house.world.store.rows == rows


def test_whoever_comes_back_later_starts_anew_and_is_found_by_the_old_names(house):
    house.later()
    house.everything()
    house.come_back(email="ada@example.com")
    assert house.profile().counters == {"Product Viewed": 1}
    assert house.profile("email", "ada@example.com") == house.profile()
    assert house.profile("anonymous_id", "anon") is None


def test_an_event_that_comes_first_wins(house):
    """Between reading the person and emptying them."""
    house.later()
    calls = []

    def comes_back(call):
        calls.append(call)
        if call == "drop_deliveries" and calls.count(call) == 1:
            house.come_back()

    house.attic.before = comes_back
    assert (house.retain(pages=9).returned, house.everything()) == (1, 0)
    assert house.profile().counters == {"Product Viewed": 2, "identify": 1}


@pytest.mark.parametrize("at", range(14))
def test_a_crash_before_any_call_is_made_good_by_the_next_runs(house, at):
    house.later()
    done = []

    def crash(call):
        done.append(call)
        if len(done) == at + 1:
            raise RetryLater("crash", call)

    house.attic.before = house.world.store.before = crash
    with contextlib.suppress(RetryLater):
        house.everything()
    house.attic.before = house.world.store.before = lambda call: None
    house.everything()
    house.come_back()
    assert house.profile().counters == {"Product Viewed": 1}
    assert house.deliveries.rows == {}


@pytest.mark.parametrize("at", range(14))
def test_an_event_before_any_call_is_counted_exactly_once(house, at):
    """Wherever it comes, it is in the profile; what was there before is there or gone, whole."""
    house.later()
    done = []

    def comes_back(call):
        done.append(call)
        if len(done) == at + 1:
            hooks = house.attic.before, house.world.store.before
            house.attic.before = house.world.store.before = lambda call: None
            house.come_back()
            house.attic.before, house.world.store.before = hooks

    house.attic.before = house.world.store.before = comes_back
    house.everything()
    if len(done) <= at:
        house.come_back()
    assert house.profile().counters in (
        {"Product Viewed": 1},
        {"Product Viewed": 2, "identify": 1},
    )


def test_ids_that_a_crash_left_behind_are_swept_within_a_week(house):
    for number in range(150):
        house.world.apply(event(f"many-{number}", user="ada", at=number))
    assert house.world.store.blocks
    house.later()

    def crash(call):
        if call == "drop_ids":
            raise RetryLater("crash", call)

    house.attic.before = crash
    with pytest.raises(RetryLater):
        house.everything()
    house.attic.before = lambda call: None
    assert house.world.store.blocks
    house.later(2 * DAY_MS)
    house.everything()
    assert house.world.store.blocks == {}


def test_ids_of_somebody_who_came_back_are_never_swept(house):
    house.later()
    house.everything()
    house.later(2 * DAY_MS)

    def comes_back(call):
        if call == "read_ids":
            house.world.store.before = lambda call: None
            for number in range(200):
                house.come_back(f"new-{number}", at=LATER + 2 * DAY_MS + number)

    house.world.store.before = comes_back
    house.everything()
    kept = dict(house.world.store.blocks)
    assert kept
    house.come_back("new-0", at=LATER + 2 * DAY_MS)
    assert house.profile().counters == {"Product Viewed": 200}


def test_a_run_is_bounded_and_the_next_one_goes_on(house):
    for number in range(20):
        house.world.apply(event(f"p-{number}", user=f"user-{number:02}"))
    house.later()
    first = house.retain(pages=2)
    assert first.rows == 4
    assert house.slept == [0.1, 0.1]
    assert house.everything() + first.expired == 21


def test_time_bounds_a_run_as_well(house):
    house.later()

    def slow(call):
        if call == "page":
            house.world.clock.advance(1_000)

    house.attic.before = slow
    assert house.retain(pages=9, budget_ms=500).rows == 2


def test_an_erased_person_stays_erased(house):
    key = house.profile().key
    row = house.world.store.rows[key]
    tombstone = msgspec.structs.replace(row, state=b"", dirty={}, erased_at=NOON + 1)
    house.world.store.rows[key] = tombstone
    house.later()
    assert house.everything() == 0
    assert house.world.store.rows[key] == tombstone


def test_a_row_that_cannot_be_read_is_counted_and_left_alone(house):
    key = house.profile().key
    row = house.world.store.rows[key]
    house.world.store.rows[key] = msgspec.structs.replace(row, state=b"broken")
    house.later()
    assert house.retain(pages=9).unreadable == 1
