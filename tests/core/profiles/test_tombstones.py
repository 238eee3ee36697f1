"""What came before an erasure never comes back; what comes after needs a fresh consent."""

from __future__ import annotations

import msgspec
import pytest

from millrace.events import Event
from millrace.privacy.caching import CachedSubjects
from millrace.profiles.drafting import ProfileRules
from millrace.profiles.model import Row
from millrace.profiles.update import UpdateProfiles
from tests.core.profiles.stories import NOON, World, consenting, event

LATER = 10_000


def erase(world: World, *keys: str, at: int = 1000) -> None:
    """Every row a tombstone, every key destroyed, `at` milliseconds after noon."""
    for key in keys:
        row = world.store.rows.get(key)
        version = (row.version if row else 0) + 1
        world.store.rows[key] = Row(key=key, version=version, erased_at=NOON + at)
    world.subjects.erase(keys, since=1, erased_at=NOON + at)


@pytest.fixture
def world() -> World:
    """Ann, with a device and an address, was erased a second after noon; Bob was not."""
    world = World()
    world.apply(
        event("m1", user="ann", anonymous="a1", email="ann@x.com", kind="identify"),
        event("b1", user="bob", kind="identify", traits={"plan": "pro"}),
    )
    erase(world, *keys_of(world))
    return world


def keys_of(world: World) -> tuple[str, ...]:
    names = (("user_id", "ann"), ("anonymous_id", "a1"), ("email", "ann@x.com"))
    return tuple(world.key(*name) for name in names)


@pytest.mark.parametrize("named", [{"user": "ann"}, {"anonymous": "a1"}, {"email": "ann@x.com"}])
def test_an_event_from_before_the_erasure_is_dropped_by_whichever_name_it_comes(
    world: World, named: dict[str, str]
) -> None:
    outcome = world.apply(event("late", at=100, **named))
    assert (outcome.erased, outcome.applied, outcome.retry) == (1, 0, [])
    assert all(world.store.rows[key].is_tombstone for key in keys_of(world))


def test_somebody_else_who_names_the_erased_is_dropped_with_what_they_said(world: World) -> None:
    outcome = world.apply(event("late", user="bob", email="ann@x.com", at=100, kind="identify"))
    assert outcome.erased == 1
    assert world.profile("user_id", "bob").identifiers == {"user_id": ("bob",)}


def test_a_later_event_without_consent_is_dropped_as_well(world: World) -> None:
    assert world.apply(event("new", user="ann", at=LATER)).erased == 1
    assert world.profile("user_id", "ann") is None


def test_a_fresh_consent_starts_anew_and_what_follows_counts(world: World) -> None:
    old = world.subjects.items[keys_of(world)[0]]
    outcome = world.apply(
        consenting("new", user="ann", at=LATER),
        event("next", user="ann", at=LATER + 5),
    )
    assert (outcome.applied, outcome.erased) == (2, 0)
    profile = world.profile("user_id", "ann")
    assert profile.counters["Product Viewed"] == 1
    assert profile.identifiers == {"user_id": ("ann",)}
    subject = world.subjects.items[keys_of(world)[0]]
    assert (subject.epoch, subject.is_erased) == (old.epoch + 1, False)


def test_who_began_anew_with_an_earlier_decision_keeps_the_key_when_a_later_one_is_met(
    world: World,
) -> None:
    """The lake, or another batch, met the earlier decision and sealed what it says."""
    ann = keys_of(world)[0]
    world.subjects.renew(world.subjects.items[ann], NOON + LATER - 1)
    epoch = world.subjects.items[ann].epoch
    assert world.apply(consenting("second", user="ann", at=LATER + 50)).applied == 1
    assert world.subjects.items[ann].epoch == epoch
    assert world.apply(consenting("first", user="ann", at=LATER)).applied == 1
    assert world.profile("user_id", "ann").counters


def test_a_decision_from_before_somebody_began_anew_is_dropped_by_every_name(
    world: World,
) -> None:
    for key in keys_of(world)[:2]:
        world.subjects.renew(world.subjects.items[key], NOON + LATER + 1000)
    assert world.apply(consenting("old", user="ann", at=LATER)).erased == 1
    assert world.apply(consenting("tied", user="bob", anonymous="a1", at=LATER)).erased == 1
    assert all(world.store.rows[key].is_tombstone for key in keys_of(world))


@pytest.mark.parametrize("said_at", [500, 1000])
def test_a_decision_from_before_the_erasure_that_comes_after_it_starts_nobody_anew(
    world: World, said_at: int
) -> None:
    """A vendor's hook that was tried for hours, or an import of what a CRM had."""
    assert world.apply(said(said_at)).erased == 1
    assert all(world.store.rows[key].is_tombstone for key in keys_of(world))
    assert world.apply(said(1001)).applied == 1


def test_a_decision_that_was_met_before_counts_though_its_key_is_newer_than_itself(
    world: World,
) -> None:
    """The lake made the key, as of the receipt; the decision is older than that."""
    ann = keys_of(world)[0]
    world.subjects.renew(world.subjects.items[ann], NOON + LATER - 1)
    assert world.apply(said(1001)).applied == 1
    assert world.profile("user_id", "ann").counters


def said(at: int) -> Event:
    """Ann's yes of that moment after noon, which was long on its way."""
    decision = consenting(f"yes {at}", user="ann", at=LATER)
    return msgspec.structs.replace(decision, event_at=NOON + at)


def test_a_restored_row_of_who_came_back_takes_what_comes_now(world: World) -> None:
    """Its time of erasure is gone; the subject still has it."""
    bob = world.key("user_id", "bob")
    world.subjects.erase([bob], since=1, erased_at=NOON + 1000)
    world.subjects.renew(world.subjects.items[bob], NOON + 2000)
    assert world.apply(event("now", user="bob", at=LATER)).applied == 1


def test_a_banner_or_a_flag_of_a_trusted_source_starts_nobody_anew(world: World) -> None:
    """It may be older than the erasure: only a decision is of its own moment."""
    decision = consenting("new", user="ann", at=LATER)
    signal = msgspec.structs.replace(decision, message_id="signal", name="Product Viewed")
    assert world.apply(signal).erased == 1
    assert world.profile("user_id", "ann") is None
    assert world.apply(decision).applied == 1


def test_nothing_from_before_the_fresh_consent_comes_in_after_it(world: World) -> None:
    world.apply(consenting("new", user="ann", at=LATER))
    between = event("between", user="ann", at=LATER - 1000)
    before = event("m1", user="ann", at=0, traits={"plan": "old"}, kind="identify")
    assert world.apply(between, before).erased == 2
    assert world.profile("user_id", "ann").traits == {}


def test_in_one_batch_the_order_of_receipt_decides_not_the_order_of_the_records(
    world: World,
) -> None:
    outcome = world.apply(
        event("next", user="ann", at=LATER + 5),
        consenting("new", user="ann", at=LATER),
        event("between", user="ann", at=LATER - 5),
    )
    assert (outcome.applied, outcome.erased) == (2, 1)


def test_a_name_that_did_not_come_back_stays_closed(world: World) -> None:
    world.apply(consenting("new", user="ann", at=LATER))
    assert world.apply(event("e", user="ann", anonymous="a1", at=LATER + 9)).erased == 1
    tied = consenting("f", user="ann", anonymous="a1", at=LATER + 20)
    assert world.apply(tied).applied == 1
    assert world.apply(event("g", anonymous="a1", at=LATER + 30)).applied == 1
    assert world.profile("anonymous_id", "a1").key == world.profile("user_id", "ann").key
    assert world.apply(event("h", anonymous="a1", at=LATER + 15)).erased == 1


def test_a_person_erased_again_is_gone_again(world: World) -> None:
    world.apply(consenting("new", user="ann", at=LATER))
    erase(world, keys_of(world)[0], at=LATER + 100)
    assert world.apply(event("x", user="ann", at=LATER + 50)).erased == 1
    assert world.profile("user_id", "ann") is None


def test_no_merge_goes_through_a_tombstone() -> None:
    """Bob's refused tie to Ann's device does not hold because Ann is gone; nor does its mention."""
    world = World()
    world.apply(
        event("m1", user="ann", anonymous="a1", kind="identify", at=1),
        event("m2", user="bob", anonymous="a1", kind="identify", at=2),
    )
    assert world.profile("anonymous_id", "a1").key == world.key("user_id", "ann")
    device = world.key("anonymous_id", "a1")
    erase(world, world.key("user_id", "ann"), device)
    world.apply(event("m3", user="bob", email="bob@x.com", kind="identify", at=LATER))
    assert world.store.rows[device].is_tombstone
    bob = world.person(world.profile("user_id", "bob").key)
    assert device not in bob.keys
    assert all(device not in edge.tie for edge in bob.edges)
    assert all(device not in stem.identifiers for stem in bob.stems)


def test_a_row_that_a_backup_brought_back_is_empty_and_takes_no_event_without_consent() -> None:
    world = World()
    world.apply(event("m1", user="ann", kind="identify", traits={"plan": "pro"}))
    key = world.key("user_id", "ann")
    before = world.store.rows[key]
    erase(world, key)
    world.store.rows[key] = before
    assert world.profile("user_id", "ann") is None
    assert world.apply(event("m2", user="ann", at=100)).erased == 1
    assert world.apply(event("m3", user="ann", at=LATER)).erased == 1
    assert world.apply(consenting("m4", user="ann", at=LATER + 5)).applied == 1
    assert world.profile("user_id", "ann").traits == {}
    assert world.store.rows[key].erased_at > NOON


def test_a_sandbox_that_remembers_the_old_key_seals_nothing_with_it() -> None:
    """Its key is a minute old; the person was erased and began anew meanwhile."""
    world = World()
    remembering = UpdateProfiles(
        store=world.store,
        vault=world.vault,
        subjects=CachedSubjects(world.subjects, world.clock),
        failed_events=world.failed,
        clock=world.clock,
        rules=ProfileRules(priorities={}),
    )
    remembering.update(world.records([event("m1", user="ann")]))
    erase(world, world.key("user_id", "ann"))
    assert world.apply(consenting("m2", user="ann", at=LATER)).applied == 1
    next_one = world.records([event("m3", user="ann", at=LATER + 5)])
    assert remembering.update(next_one).applied == 1
    assert world.profile("user_id", "ann").counters["Product Viewed"] == 1
