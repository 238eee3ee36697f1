"""Who sent nothing for so long is emptied, once, whole; whoever comes back in time stays."""

from __future__ import annotations

import contextlib

import msgspec
import pytest

from millrace.activation import Delivery
from millrace.audit import People, Policy, audit_person
from millrace.clock import DAY_MS
from millrace.errors import RetryLater
from millrace.identity.model import Limits
from millrace.profiles.encoding import seal_person
from millrace.profiles.fold import fold
from millrace.profiles.keyring import Keyring
from millrace.profiles.model import Person, Row, Stem
from tests.core.profiles.stories import NOON, World, event
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


@pytest.fixture
def crowd():
    """A person of 250 rows, each with a stem: more than one transaction holds, written at once."""
    made = House()
    made.adopt(World(limits=Limits(anonymous_id=300)))
    world, identified, stems = made.world, [], []
    for number in range(249):
        one = event(f"d{number}", user="ada", anonymous=f"a{number}", kind="identify", at=number)
        identified.append(world.fact(one))
        view = world.fact(event(f"v{number}", anonymous=f"a{number}", at=number))
        stems.append(fold(Stem(key=view.anchor), [view]))
    root = world.key("user_id", "ada")
    stems.append(fold(Stem(key=root), identified))
    edges = sorted(edge for fact in identified for edge in fact.edges)
    person = Person(
        keys=tuple(sorted(stem.key for stem in stems)),
        stems=tuple(sorted(stems, key=lambda stem: stem.key)),
        edges=tuple(edges),
        reasons=("",) * len(edges),
        committed_at=NOON,
    )
    state = seal_person(person, root, world.vault, Keyring(world.subjects.keys))
    world.store.rows = {key: Row(key=key, version=1, to=root) for key in person.keys}
    world.store.rows[root] = Row(key=root, version=1, state=state)
    return made


def names_of(house):
    person = house.world.person(house.profile().key)
    return len(person.keys)


def test_a_person_of_more_rows_than_a_transaction_holds_is_emptied_in_steps(crowd):
    assert names_of(crowd) == 250
    crowd.later()
    assert crowd.everything() == 1
    assert crowd.profile() is None
    assert crowd.profile("anonymous_id", "a248") is None
    assert not any(row.to for row in crowd.world.store.rows.values())
    assert crowd.everything() == 0
    crowd.come_back(anonymous="a7")
    assert crowd.profile("anonymous_id", "a7").counters == {"Product Viewed": 1}
    assert names_of(crowd) == 2


def test_the_audit_finds_a_person_of_so_many_rows_as_anybody_else(crowd):
    crowd.later()
    policy = Policy(sources=frozenset(), destinations={}, consent=crowd.consent, profiles_days=DAYS)
    people = People(
        vault=crowd.world.vault,
        subjects=crowd.world.subjects,
        suppressed=set,
        said=lambda stems: (),
        policy=policy,
        now_ms=crowd.world.clock.now_ms(),
    )
    rows = crowd.world.store.rows.values()
    found = [each.code for row in rows for each in audit_person(row, people)]
    assert found == ["person_past_retention"]


@pytest.mark.parametrize("step", range(3))
def test_an_event_between_the_steps_wins_with_what_is_left_and_a_crash_is_made_good(crowd, step):
    crowd.later()
    written = []

    def comes_back(call):
        written.append(call)
        if call == "write_together" and written.count(call) == step + 1:
            crowd.come_back(at=LATER)

    crowd.world.store.before = comes_back
    assert crowd.retain(pages=999).returned == 1
    crowd.world.store.before = lambda call: None
    assert crowd.profile().counters["Product Viewed"] == (250, 151, 52)[step]
    assert names_of(crowd) == (250, 151, 52)[step]
    assert crowd.profile("anonymous_id", "a248") is None or step == 0
    crowd.later()
    assert crowd.everything() >= 1
    assert crowd.profile() is None


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
