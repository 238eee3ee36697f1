"""What was kept for a purpose goes when its withdrawal's term is over, and does not come back."""

from __future__ import annotations

import random

import msgspec
import pytest

from millrace.clock import DAY_MS
from millrace.profiles.encoding import seal_person
from millrace.profiles.keyring import Keyring
from millrace.profiles.model import Person, Row, Stem
from millrace.profiles.shown import Computed
from millrace.settings import ConsentSettings, PurposeSettings
from tests.core.profiles.stories import World, event
from tests.core.retention.houses import House

TERM = 30
PAST = (TERM + 1) * DAY_MS


def cart(number, at=0):
    properties = {"product_id": "p1", "category": "shoes"}
    return event(number, user="ada", name="Product Added", at=at, properties=properties)


def ada(number="i", at=0):
    traits = {"email": "ada@example.com", "plan": "gold"}
    return event(number, user="ada", email="ada@example.com", kind="identify", at=at, traits=traits)


def banner(number, at, allowed):
    context = {"consent": {"categoryPreferences": {"analytics": allowed}}}
    return msgspec.structs.replace(event(number, user="ada", at=at), context=context)


@pytest.fixture
def house():
    made = House()
    made.take(ada(), cart("1"), event("2", user="ada", anonymous="anon", at=1), cart("3", at=2))
    return made


def test_behaviour_goes_after_its_term_and_not_a_day_before_and_contact_traits_stay(house):
    house.says("no", at=DAY_MS, analytics=False)
    before = house.profile()
    house.later(TERM * DAY_MS)
    assert house.retain(pages=9).withdrawn == 0
    assert house.profile().counters == before.counters
    house.later(2 * DAY_MS)
    assert house.retain(pages=9).withdrawn == 1
    after = house.profile()
    assert after.counters == {}
    assert after.computed == Computed()
    assert after.traits == before.traits
    assert after.identifiers == before.identifiers
    assert after.consents == before.consents
    assert house.retain(pages=9).withdrawn == 0, "once"


def test_destinations_are_told_of_what_is_left_and_the_time_of_the_last_event_stays(house):
    house.says("no", analytics=False)
    row = house.world.store.rows[house.profile().key]
    house.later(PAST)
    house.retain(pages=9)
    after = house.world.store.rows[row.key]
    assert (after.version, after.dirty) == (row.version + 1, {"klaviyo": row.version + 1})
    assert house.world.person(row.key).committed_at == house.world.clock.now_ms() - PAST


def test_without_profiling_only_what_computed_traits_are_made_of_goes(house):
    house.says("no", profiling=False)
    house.later(PAST)
    assert house.retain(pages=9).withdrawn == 1
    assert house.profile().counters["Product Added"] == 2
    assert house.profile().computed.cart is None
    assert house.profile().computed.favourite_category is None


@pytest.mark.parametrize("purpose", ["email_marketing", "personalization", "sharing"])
def test_nothing_is_kept_for_the_other_purposes_so_nothing_goes(house, purpose):
    house.says("no", **{purpose: False})
    house.later(PAST)
    assert house.retain(pages=9).withdrawn == 0


def test_a_yes_within_the_term_keeps_what_there_is(house):
    house.says("no", at=10, analytics=False)
    house.says("yes", at=20 * DAY_MS, analytics=True)
    house.later(400 * DAY_MS)
    assert house.retain(pages=9).withdrawn == 0
    assert house.profile().counters["Product Added"] == 2


def test_a_banner_that_repeats_the_refusal_with_every_page_does_not_put_off_the_end(house):
    for day in range(TERM + 2):
        house.take(banner(f"b{day}", day * DAY_MS + 10, allowed=False))
    house.later((TERM + 1) * DAY_MS)
    assert house.retain(pages=9).withdrawn == 1


def test_the_term_begins_anew_with_a_refusal_that_follows_a_yes(house):
    house.take(banner("b1", 10, allowed=False), banner("b2", 20 * DAY_MS, allowed=True))
    house.take(banner("b3", 25 * DAY_MS, allowed=False))
    house.later(PAST)
    assert house.retain(pages=9).withdrawn == 0
    house.later(25 * DAY_MS)
    assert house.retain(pages=9).withdrawn == 1


def test_no_term_is_the_next_daily_run():
    keeping = PurposeSettings(unless_told="allow", keeps=["behaviour"], withdrawn_days=0)
    house = House(ConsentSettings(purposes={"analytics": keeping}))
    house.take(cart("1"))
    house.says("no", at=1, analytics=False)
    house.later(1)
    assert house.retain(pages=9).withdrawn == 1
    assert "Product Added" not in house.profile().counters


def test_what_was_received_before_is_not_counted_however_late_it_comes_and_what_comes_after_is(
    house,
):
    house.says("no", at=10, analytics=False)
    house.later(PAST)
    house.retain(pages=9)
    house.take(cart("1"), cart("late", at=5))
    assert house.profile().counters == {}
    house.says("yes", at=PAST + 1000, analytics=True)
    house.take(cart("new", at=PAST + 2000))
    assert house.profile().counters["Product Added"] == 1
    assert house.profile().computed.cart.lines[0].quantity == 1


def test_an_active_person_who_only_identifies_is_not_written_anew_every_day(house):
    house.says("no", analytics=False)
    house.later(PAST)
    house.retain(pages=9)
    house.take(ada("again", at=PAST + 5))
    assert house.retain(pages=9).withdrawn == 0


@pytest.mark.parametrize("seed", range(8))
def test_a_rebuild_that_begins_with_the_marks_ends_in_the_same_profile_in_any_order(house, seed):
    """As after a restore: who replays the lake takes the marks from `profile_changes` first."""
    log = [ada(), cart("1"), event("2", user="ada", anonymous="anon", at=1), cart("3", at=2)]
    no = msgspec.structs.replace(
        event("no", user="ada", at=10, name="Segment Consent Preference Updated"),
        context={"consent": {"categoryPreferences": {"analytics": False}}},
    )
    yes = msgspec.structs.replace(
        no,
        message_id="yes",
        event_at=no.event_at + PAST,
        received_at=no.received_at + PAST,
        context={"consent": {"categoryPreferences": {"analytics": True}}},
    )
    after = [yes, cart("new", at=PAST + 60), cart("late", at=7), ada("i2", at=PAST + 70)]
    house.take(no)
    house.later(PAST)
    assert house.retain(pages=9).withdrawn == 1
    house.take(*after)
    rebuilt = World(consent=house.consent)
    for stem in house.world.person(house.profile().key).stems:
        mark(rebuilt, stem)
    log += [no, *after, cart("1")]
    random.Random(seed).shuffle(log)
    rebuilt.apply(*log)
    assert rebuilt.canonical() == house.world.canonical()


def mark(world, stem):
    """A name of nobody, with the mark of a stem."""
    person = Person(keys=(stem.key,), stems=(Stem(key=stem.key, gone=stem.gone),))
    state = seal_person(person, stem.key, world.vault, Keyring(world.subjects.keys))
    world.store.rows[stem.key] = Row(key=stem.key, version=1, state=state)


def test_a_merge_later_keeps_the_mark_of_each_stem(house):
    house.says("no", at=10, analytics=False)
    house.later(PAST)
    house.retain(pages=9)
    house.take(event("m", user="ada", email="new@example.com", kind="identify", at=PAST))
    house.take(event("o", anonymous="other", at=PAST))
    house.take(event("j", user="ada", anonymous="other", kind="identify", at=PAST + 1))
    marks = {stem.key: stem.gone for stem in house.world.person(house.profile().key).stems}
    assert len([one for one in marks.values() if one]) == 1
    house.take(cart("late", at=4))
    assert "Product Added" not in house.profile().counters
