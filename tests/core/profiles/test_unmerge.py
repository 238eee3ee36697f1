"""Two people who were taken for one are parted, for good, as if they had never been joined."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millrace.events import Event
from millrace.identity.words import MAX_WORDS
from millrace.profiles.model import Person
from tests.core.profiles.stories import World, event, world_of
from tests.core.profiles.test_laws import quick, split
from tests.core.profiles.test_operations import operation


def block(message_id: str, at: int = 100, **who: str) -> Event:
    return operation(message_id, at=at, **who)


def allow(message_id: str, at: int = 200, **who: str) -> Event:
    return operation(message_id, at=at, name="identity.allow", **who)


ANN_AND_BOB = (
    event("m1", user="ann", at=1, kind="identify", traits={"plan": "pro", "city": "Rome"}),
    event("m2", user="ann", at=2),
    event("m3", anonymous="tablet", at=3, name="Order Completed"),
    event("m4", anonymous="tablet", at=4, kind="identify", traits={"plan": "free"}),
)
LOGIN = event("m5", user="ann", anonymous="tablet", at=5, name="Signed In")
TABLET = {"user": "ann", "anonymous": "tablet"}


def person(world: World, kind: str, value: str) -> Person:
    return world.person(world.store.read(world.key(kind, value)).key)


def test_parting_two_people_gives_each_back_what_is_theirs_byte_for_byte() -> None:
    world = world_of([ANN_AND_BOB, [LOGIN]])
    assert world.profile("user_id", "ann").key == world.profile("anonymous_id", "tablet").key
    outcome = world.apply(block("o1", **TABLET))
    assert (outcome.applied, outcome.merges_refused) == (1, 0)
    never = world_of([ANN_AND_BOB, [event("m5", user="ann", at=5, name="Signed In")]])
    assert world.canonical() == never.canonical()
    assert world.profile("user_id", "ann").counters == {
        "Product Viewed": 1, "Signed In": 1, "identify": 1,
    }  # fmt: skip
    assert world.profile("anonymous_id", "tablet").traits == {"plan": "free"}
    assert person(world, "user_id", "ann").reasons == ("blocked", "word")


def test_a_parted_pair_stays_parted_when_the_same_events_or_new_ones_come_again() -> None:
    world = world_of([ANN_AND_BOB, [LOGIN], [block("o1", **TABLET)]])
    parted = world.canonical()
    assert world.apply(*ANN_AND_BOB, LOGIN, block("o1", **TABLET)).applied == 0
    assert world.canonical() == parted
    world.apply(event("m6", user="ann", anonymous="tablet", at=900))
    assert world.profile("user_id", "ann").key != world.profile("anonymous_id", "tablet").key


def test_a_block_that_is_taken_back_leaves_no_trace_anybody_can_see() -> None:
    world = world_of([ANN_AND_BOB, [LOGIN]])
    joined = world.canonical()
    world.apply(block("o1", **TABLET))
    assert world.canonical() != joined
    world.apply(allow("o2", **TABLET))
    assert world.canonical() == joined
    world.apply(block("o3", at=300, **TABLET))
    assert world.canonical() != joined


def test_of_two_words_on_one_pair_the_later_one_counts_whichever_arrives_first() -> None:
    for order in ([block("o1", 100, **TABLET), allow("o2", 200, **TABLET)],) * 2:
        for words in (order, order[::-1]):
            world = world_of([ANN_AND_BOB, [LOGIN], *([word] for word in words)])
            assert person(world, "user_id", "ann").reasons == ("", "word")


def test_a_block_that_comes_before_the_people_keeps_them_apart() -> None:
    world = world_of([[block("o1", **TABLET)], ANN_AND_BOB, [LOGIN]])
    after = world_of([ANN_AND_BOB, [LOGIN], [block("o1", **TABLET)]])
    assert world.canonical() == after.canonical()


def test_a_chain_is_cut_where_it_last_joined_the_two() -> None:
    chain = [
        event("m1", user="ann", anonymous="tablet", at=1),
        event("m2", anonymous="tablet", email="bob@x.com", at=2, traits={"plan": 1}),
    ]
    world = world_of([chain, [block("o1", user="ann", email="bob@x.com")]])
    root = world.profile("user_id", "ann").key
    assert world.profile("anonymous_id", "tablet").key == root
    assert person(world, "user_id", "ann").reasons == ("", "blocked", "word")
    assert world.profile("email", "bob@x.com") is None, "nothing was sent under it alone"


def test_of_a_rename_and_a_login_the_later_one_is_cut_so_the_operator_names_the_other_end() -> None:
    world = world_of([ANN_AND_BOB, [LOGIN]])
    world.apply(event("m6", user="anna", previous="ann", at=6, kind="alias"))
    world.apply(block("o1", user="anna", anonymous="tablet"))
    root = world.profile("user_id", "ann").key
    assert world.profile("user_id", "anna").key != root
    assert world.profile("anonymous_id", "tablet").key == root


def test_every_old_id_still_leads_to_somebody_after_a_merge_and_after_it_is_undone() -> None:
    world = world_of([ANN_AND_BOB, [LOGIN]])
    renamed = event("m6", user="anna", previous="ann", at=6, kind="alias")
    world.apply(renamed)
    world.apply(block("o1", **TABLET))
    keys = {name: world.profile("user_id", name).key for name in ("ann", "anna")}
    assert keys["ann"] == keys["anna"] != world.profile("anonymous_id", "tablet").key
    assert world.profile("anonymous_id", "ann").key == keys["ann"]


def test_both_sides_are_told_to_every_destination_when_they_are_parted() -> None:
    world = world_of([ANN_AND_BOB, [LOGIN]], destinations=["klaviyo"])
    for row in list(world.store.rows.values()):
        for name, version in row.dirty.items():
            world.store.clear_dirty(row.key, name, version)
    world.apply(block("o1", **TABLET))
    for kind, value in (("user_id", "ann"), ("anonymous_id", "tablet")):
        assert "klaviyo" in world.store.rows[world.key(kind, value)].dirty


def test_a_merge_of_somebody_with_themselves_and_a_circle_of_renames_change_nothing() -> None:
    world = World()
    for at, (old, new) in enumerate([("a", "b"), ("b", "c"), ("c", "a"), ("a", "b")]):
        world.apply(event(f"m{at}", user=new, previous=old, at=at, kind="alias"))
    assert len({world.profile("user_id", name).key for name in "abc"}) == 1
    before = world.canonical()
    world.apply(event("m9", user="a", previous="a", at=9, kind="alias"))
    assert len(world.canonical()) == len(before)


def test_an_identifier_keeps_a_bounded_number_of_words_the_newest() -> None:
    world = World()
    count = MAX_WORDS + 20
    words = [block(f"o{at}", at, user="ann", anonymous=f"a{at}") for at in range(count)]
    random.Random(1).shuffle(words)
    for start in range(0, count, 12):
        world.apply(*words[start : start + 12])
    key = world.key("user_id", "ann")
    edges = world.person(key).edges
    assert [edge.at for edge in edges] == sorted(word.event_at for word in words)[-MAX_WORDS:]


def test_a_word_that_no_transaction_could_follow_is_kept_as_failed_and_not_forgotten() -> None:
    from millrace.identity.model import Limits

    world = World(limits=Limits(user_id=60, email=60, anonymous_id=60))
    for at in range(30):
        world.apply(event(f"m{at}", user=f"u{at}", anonymous="kiosk", at=at))
    outcome = world.apply(block("o1", user="u0", anonymous="kiosk"), event("m99", user="u0", at=99))
    assert (outcome.applied, outcome.failed) == (1, 1)
    assert [kept.code for kept in world.failed.kept] == ["too_many_people"]


@pytest.mark.parametrize("seed", range(4))
def test_what_is_done_at_a_kiosk_goes_to_none_of_those_who_log_in_there(seed: int) -> None:
    at_kiosk = [event(f"k{at}", anonymous="kiosk", at=50 + at) for at in range(3)]
    logins = [event(f"l{n}", user=f"u{n}", anonymous="kiosk", at=40 + n) for n in range(4)]
    log = [*at_kiosk, *logins]
    random.Random(seed).shuffle(log)
    world = world_of([log[:3], log[3:]])
    assert world.profile("anonymous_id", "kiosk").counters == {"Product Viewed": 3}
    for n in range(4):
        assert world.profile("user_id", f"u{n}").counters == {"Product Viewed": 1}
    assert person(world, "user_id", "u0").reasons == ("shared",)


def test_a_device_is_the_first_users_until_a_third_one_shows_that_it_is_shared() -> None:
    world = world_of([[event("k1", anonymous="tablet", at=1)]])
    for n in range(2):
        world.apply(event(f"l{n}", user=f"u{n}", anonymous="tablet", at=10 + n))
    assert world.profile("anonymous_id", "tablet").key == world.profile("user_id", "u0").key
    world.apply(event("l2", user="u2", anonymous="tablet", at=12))
    assert world.profile("anonymous_id", "tablet").counters == {"Product Viewed": 1}
    assert world.profile("user_id", "u0").counters == {"Product Viewed": 1}


def test_a_user_who_was_renamed_is_one_user_of_a_device() -> None:
    world = World()
    for n in range(4):
        world.apply(event(f"l{n}", user=f"u{n}", anonymous="tablet", at=10 * n))
        world.apply(event(f"r{n}", user=f"u{n + 1}", previous=f"u{n}", at=10 * n + 5, kind="alias"))
    assert world.profile("anonymous_id", "tablet").key == world.profile("user_id", "u0").key


IDS = {"user": ["u1", "u2"], "anonymous": ["a1", "a2"], "email": ["e1@x.com"]}


@st.composite
def side(draw: st.DrawFn, name: str) -> list[Event]:
    log = []
    for number in range(draw(st.integers(1, 5))):
        who = {
            k: draw(st.sampled_from(["", *(f"{name}{v}" for v in ids)])) for k, ids in IDS.items()
        }
        who = who if any(who.values()) else {"anonymous": f"{name}a1"}
        kind = draw(st.sampled_from(["track", "identify"]))
        at = draw(st.integers(0, 9))
        log.append(event(f"{name}{number}", **who, kind=kind, at=at, traits={"plan": number}))
    return log


@st.composite
def crossings(draw: st.DrawFn) -> list[tuple[int, str, str, str]]:
    names = [(kind, f"r{value}") for kind, values in IDS.items() for value in values]
    one = st.tuples(st.integers(0, 9), st.sampled_from(IDS["user"]), st.sampled_from(names[2:]))
    return [(at, f"l{user}", *other) for at, user, other in draw(st.lists(one, max_size=3))]


@quick
@given(side("l"), side("r"), crossings(), st.randoms(use_true_random=False))
def test_a_history_with_merges_and_their_undoing_equals_the_history_without(
    left: list[Event],
    right: list[Event],
    crossed: list[tuple[int, str, str, str]],
    dice: random.Random,
) -> None:
    ties, alone, words = [], [], []
    for number, (at, user, kind, value) in enumerate(crossed):
        ties.append(event(f"x{number}", user=user, at=at, traits={"z": 1}, **{kind: value}))
        alone.append(event(f"x{number}", user=user, at=at, traits={"z": 1}))
        words.append(block(f"o{number}", user=user, **{kind: value}))
    log = [*left, *right, *ties, *words]
    dice.shuffle(log)
    assert world_of(split(log, dice)).canonical() == world_of([[*left, *right, *alone]]).canonical()
