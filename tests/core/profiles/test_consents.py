"""Consent in profiles: behaviour that was not allowed is not kept, and no merge allows more."""

from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from millrace.privacy.consent import is_allowed
from millrace.profiles.consents import tied_since
from millrace.profiles.model import Person
from millrace.settings import ConsentSettings
from tests.core.profiles.stories import NOON, World, event, world_of

RULES = ConsentSettings()
MAIL = "email_marketing"


def says(message_id, at=0, *, is_act=True, **statuses):
    """An event that says granted (True) or denied about purposes, and nothing else."""
    extra = {key: statuses.pop(key) for key in ("user", "anonymous", "email") if key in statuses}
    name = "Segment Consent Preference Updated" if is_act else "Product Viewed"
    context = {"consent": {"categoryPreferences": statuses}}
    return msgspec.structs.replace(event(message_id, at=at, name=name, **extra), context=context)


def statuses(world, kind, value):
    return {purpose: given.status for purpose, given in world.profile(kind, value).consents.items()}


# ---- the gate before the fold


def test_behaviour_whose_own_signal_denies_analytics_is_not_kept():
    world = World()
    outcome = world.apply(says("m1", user="ada", is_act=False, analytics=False))
    assert (outcome.applied, outcome.blocked) == (0, 1)
    profile = world.profile("user_id", "ada")
    assert profile.counters == {}
    assert (profile.first_seen, profile.last_seen) == (0, 0)
    assert statuses(world, "user_id", "ada") == {"analytics": "denied"}


def test_without_a_signal_of_its_own_what_the_person_said_before_decides():
    world = World()
    world.apply(says("m1", at=10, user="ada", analytics=False))
    outcome = world.apply(event("m2", user="ada", at=20), event("m3", user="bob", at=20))
    assert (outcome.applied, outcome.blocked) == (1, 1)
    world.apply(says("m4", at=30, user="ada", analytics=True))
    assert world.apply(event("m5", user="ada", at=40)).applied == 1


def test_what_happened_before_the_no_is_kept_whichever_arrives_first():
    before, no = event("m1", user="ada", at=5), says("m2", at=10, user="ada", analytics=False)
    assert world_of([[before], [no]]).canonical() == world_of([[no], [before]]).canonical()
    assert world_of([[no, before]]).counted() == 2


def test_a_no_in_the_same_batch_counts_wherever_it_stands():
    after, no = event("m1", user="ada", at=20), says("m2", at=10, user="ada", analytics=False)
    assert World().apply(after, no).blocked == 1


def test_a_blocked_event_that_comes_again_counts_as_a_duplicate():
    world = World()
    blocked = says("m1", user="ada", is_act=False, analytics=False)
    outcomes = [world.apply(blocked), world.apply(blocked)]
    assert [(o.blocked, o.duplicate) for o in outcomes] == [(1, 0), (0, 1)]


def test_a_blocked_event_is_not_kept_by_coming_again_after_a_yes():
    world = World()
    world.apply(says("m1", at=1, user="ada", analytics=False))
    world.apply(event("m2", user="ada", at=2))
    world.apply(says("m3", at=3, user="ada", analytics=True))
    assert world.apply(event("m2", user="ada", at=2)).duplicate == 1
    assert "Product Viewed" not in world.profile("user_id", "ada").counters


def test_traits_and_decisions_of_who_refuses_analytics_are_kept():
    world = World()
    outcome = world.apply(
        says("m1", user="ada", analytics=False),
        event("m2", user="ada", at=9, kind="identify", traits={"plan": "pro"}),
        event("m3", user="ada", at=10, name="Unsubscribed"),
        event("m4", user="ada", at=10, kind="page"),
    )
    assert (outcome.applied, outcome.blocked) == (3, 1)
    assert world.profile("user_id", "ada").traits == {"plan": "pro"}
    assert statuses(world, "user_id", "ada") == {"analytics": "denied", MAIL: "denied"}


def gated(regime):
    world = World(consent=ConsentSettings(regimes={"web": regime}))
    return world, world.apply(event("m1", user="ada"), event("m2", user="ada", source="app"))


def test_where_a_source_asks_first_behaviour_waits_for_a_yes():
    world, outcome = gated("opt_in")
    assert (outcome.applied, outcome.blocked) == (1, 1)
    world.apply(says("m3", at=5, user="ada", analytics=True))
    late = world.apply(event("m4", user="ada", at=4), event("m5", user="ada", at=6))
    assert (late.applied, late.blocked) == (1, 1)


def test_where_a_source_must_send_signals_only_an_event_with_a_yes_is_kept():
    world, outcome = gated("required")
    assert (outcome.applied, outcome.blocked) == (1, 1)
    world.apply(says("m3", at=5, user="ada", analytics=True))
    assert world.apply(event("m4", user="ada", at=6)).blocked == 1
    assert world.apply(says("m5", at=7, user="ada", is_act=False, analytics=True)).applied == 1


def test_where_only_a_no_counts_behaviour_is_kept_until_it_comes():
    assert gated("opt_out")[1].applied == 2


# ---- a person's answer over several identifiers


def tie(message_id, at):
    return event(message_id, at=at, kind="identify", user="ada", anonymous="phone", traits={"x": 1})


def test_a_merge_keeps_the_more_restrictive_answer():
    world = World()
    world.apply(says("m1", at=1, anonymous="phone", email_marketing=False))
    world.apply(says("m2", at=5, user="ada", email_marketing=True), tie("m3", 9))
    assert statuses(world, "user_id", "ada") == {MAIL: "denied"}
    assert statuses(world, "anonymous_id", "phone") == {MAIL: "denied"}


def test_a_yes_after_the_merge_counts_for_both():
    world = World()
    world.apply(says("m1", at=1, anonymous="phone", email_marketing=False), tie("m2", 5))
    world.apply(says("m3", at=6, user="ada", email_marketing=True))
    assert statuses(world, "user_id", "ada") == {MAIL: "granted"}


def test_a_banners_yes_does_not_undo_a_withdrawal_under_another_identifier():
    world = World()
    world.apply(says("m1", at=1, user="ada", email_marketing=False), tie("m2", 5))
    world.apply(says("m3", at=9, anonymous="phone", is_act=False, email_marketing=True))
    assert statuses(world, "user_id", "ada") == {MAIL: "denied"}


def test_a_no_of_one_identifier_reaches_the_behaviour_of_the_others():
    world = World()
    world.apply(says("m1", at=1, user="ada", analytics=False), tie("m2", 2))
    assert world.apply(event("m3", anonymous="phone", at=3)).blocked == 1


def test_a_change_of_an_answer_is_news_to_destinations():
    world = World()
    world.apply(event("m1", user="ada"))
    row = world.store.rows[world.key("user_id", "ada")]
    world.apply(says("m2", at=1, user="ada", email_marketing=True))
    changed = world.store.rows[world.key("user_id", "ada")]
    assert changed.dirty["klaviyo"] > row.dirty["klaviyo"]


def test_when_two_identifiers_became_one_person_is_told_by_the_edges_that_hold():
    world = World()
    world.apply(tie("m1", 5), event("m2", at=9, user="ada", email="ada@example.com"))
    (root,) = [row for row in world.store.rows.values() if row.state]
    person = world.person(root.key)
    phone, mail = world.key("anonymous_id", "phone"), world.key("email", "ada@example.com")
    assert tied_since(world.key("user_id", "ada"), phone, person) == NOON + 5
    assert tied_since(phone, mail, person) == NOON + 9
    cut = msgspec.structs.replace(person, reasons=("two_user_ids",) * len(person.edges))
    assert tied_since(phone, mail, cut) == float("inf")


STATEMENTS = st.tuples(
    st.sampled_from(["user", "anonymous"]), st.integers(1, 20), st.booleans(), st.booleans()
)


def statement(number, one):
    who, at, is_act, is_granted = one
    name = {"user": "ada", "anonymous": "phone"}[who]
    said = {who: name, MAIL: is_granted}
    return says(f"s{number}", at=at, is_act=is_act, **said)


@settings(max_examples=60)
@given(
    said=st.lists(STATEMENTS, min_size=1, max_size=6),
    at=st.integers(1, 20),
    random=st.randoms(use_true_random=False),
)
def test_no_merge_allows_what_one_of_the_two_refused_until_then(said, at, random):
    """And whatever the order of arrival, the answer is the same."""
    events = [statement(number, one) for number, one in enumerate(said)]
    apart = World()
    apart.apply(*(one for one in events if one.event_at <= NOON + at))
    refused = any(
        found is not None and MAIL in found.consents and not is_allowed(MAIL, found.consents, RULES)
        for found in (apart.profile("user_id", "ada"), apart.profile("anonymous_id", "phone"))
    )
    later = [one for one in events if one.event_at > NOON + at]
    merged = world_of([[*events, tie("t", at)]])
    if refused and not later:
        assert not is_allowed(MAIL, merged.profile("user_id", "ada").consents, RULES)
    shuffled = [*events, tie("t", at)]
    random.shuffle(shuffled)
    again = world_of([[one] for one in shuffled])
    assert again.canonical() == merged.canonical()


@given(st.lists(STATEMENTS, min_size=1, max_size=6), st.integers(1, 20))
@settings(max_examples=40)
def test_parting_two_people_gives_each_their_own_answers_back(said, at):
    events = [statement(number, one) for number, one in enumerate(said)]
    apart, merged = World(), World()
    apart.apply(*events)
    merged.apply(*events, tie("t", at))
    (root,) = [row for row in merged.store.rows.values() if row.state]
    person = merged.person(root.key)
    for stem in person.stems:
        alone = Person(keys=(stem.key,), stems=(stem,))
        if stem.consents:
            assert merged.answers(alone) == apart.answers(apart.person(stem.key))
