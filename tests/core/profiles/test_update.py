"""What the update use case makes of records: profiles, counts, failed events, dirty marks."""

from __future__ import annotations

from itertools import pairwise

import msgspec
import pytest

from millrace.errors import GiveUp
from millrace.events import Event
from millrace.identity.model import Limits
from millrace.profiles import drafting, encoding
from tests.core.profiles.stories import NOON, Record, World, event


def noise(world: World, name: str, count: int) -> dict[str, str]:
    """Traits that no compression makes smaller than 16 bytes each."""
    return {f"{name}{at}": world.vault.token("user_id", f"{name}{at}") for at in range(count)}


def test_fifty_anonymous_events_and_an_identify_are_one_profile() -> None:
    world = World()
    world.apply(*(event(f"m{at}", anonymous="a1", at=at) for at in range(49)))
    world.apply(
        event("m50", user="ann", anonymous="a1", at=50, kind="identify", traits={"plan": "pro"})
    )
    profile = world.profile("user_id", "ann")
    assert profile == world.profile("anonymous_id", "a1")
    assert profile.profile_id == "p_" + world.vault.token("user_id", "ann")
    assert profile.counters == {"Product Viewed": 49, "identify": 1}
    assert profile.identifiers == {"user_id": ("ann",), "anonymous_id": ("a1",)}
    assert profile.traits == {"plan": "pro"}
    assert (profile.first_seen, profile.last_seen) == (NOON, NOON + 50)
    assert profile.as_of == NOON + 550


def test_a_second_click_with_the_same_message_id_changes_nothing() -> None:
    world = World()
    first = world.apply(event("m1", user="ann"), event("m1", user="ann"))
    rows = dict(world.store.rows)
    second = world.apply(event("m1", user="ann"))
    assert (first.applied, first.duplicate) == (1, 1)
    assert (second.applied, second.duplicate) == (0, 1)
    assert world.store.rows == rows


def test_the_heavier_source_wins_over_the_newer_value() -> None:
    world = World()
    world.apply(
        event("m1", user="ann", source="crm", at=1, kind="identify", traits={"plan": "gold"}),
        event("m2", user="ann", source="web", at=9, kind="identify", traits={"plan": "free"}),
    )
    assert world.profile("user_id", "ann").traits == {"plan": "gold"}


def test_of_equal_sources_the_newest_value_wins_and_null_is_a_value() -> None:
    world = World()
    world.apply(
        event("m2", user="ann", source="web", at=9, kind="identify", traits={"plan": None}),
        event("m1", user="ann", source="app", at=1, kind="identify", traits={"plan": "gold"}),
    )
    assert world.profile("user_id", "ann").traits == {"plan": None}


def test_a_value_that_is_too_large_is_not_folded_but_flagged() -> None:
    world = World()
    world.apply(event("m1", user="ann", kind="identify", traits={"bio": "x" * 5000, "plan": "pro"}))
    assert world.profile("user_id", "ann").traits == {"plan": "pro"}
    key = world.key("user_id", "ann")
    [stem] = world.person(key).stems
    assert stem.flags == ("trait_oversized",)


def test_a_second_person_on_one_device_stays_a_second_person() -> None:
    world = World()
    world.apply(event("m1", user="ann", anonymous="a1", at=1))
    outcome = world.apply(event("m2", user="bob", anonymous="a1", at=2))
    assert (outcome.merges_made, outcome.merges_refused) == (0, 1)
    assert world.profile("anonymous_id", "a1").identifiers["user_id"] == ("ann",)
    assert world.profile("user_id", "bob").identifiers == {"user_id": ("bob",)}


def test_a_late_event_moves_a_device_to_whom_it_belonged_first() -> None:
    world = World()
    world.apply(event("m0", anonymous="a1", at=0), event("m2", user="bob", anonymous="a1", at=2))
    assert world.profile("user_id", "bob").counters == {"Product Viewed": 2}
    world.apply(event("m1", user="ann", anonymous="a1", at=1))
    assert world.profile("anonymous_id", "a1").key == world.key("user_id", "ann")
    assert world.profile("user_id", "ann").counters == {"Product Viewed": 2}
    assert world.profile("user_id", "bob").counters == {"Product Viewed": 1}


@pytest.mark.parametrize("alias_first", [True, False])
@pytest.mark.parametrize("old", ["user", "anonymous"])
def test_alias_joins_the_old_name_whether_user_id_or_anonymous_id(
    old: str, alias_first: bool
) -> None:
    world = World()
    events = [
        event("m1", **{old: "old"}, at=5),
        event("m2", user="ann", previous="old", at=1, kind="alias"),
    ]
    for one in events[::-1] if alias_first else events:
        world.apply(one)
    kind = f"{old}_id"
    assert world.profile("user_id", "ann").counters == {"Product Viewed": 1, "alias": 1}
    assert "old" in world.profile(kind, "old").identifiers[kind]


def test_a_name_that_only_an_alias_call_guessed_is_not_shown() -> None:
    world = World()
    world.apply(event("m2", user="ann", previous="old", kind="alias"))
    assert world.profile("user_id", "ann").identifiers == {"user_id": ("ann",)}


def test_old_names_lead_to_the_person_through_any_number_of_renames() -> None:
    world = World()
    names = [f"n{at}" for at in range(12)]
    world.apply(event("first", user=names[0]))
    for at, (old, new) in enumerate(pairwise(names)):
        world.apply(event(f"m{at}", user=new, previous=old, at=at, kind="alias"))
    profiles = world.store.read_many([world.key("user_id", name) for name in names])
    assert len(profiles) == 12
    assert len({profile.key for profile in profiles.values()}) == 1


def test_a_kiosk_where_hundreds_log_in_stays_bounded_and_loses_no_event() -> None:
    world = World(limits=Limits(user_id=4, email=2, anonymous_id=4))
    for at in range(300):
        outcome = world.apply(event(f"m{at}", user=f"u{at}", anonymous="kiosk", at=at))
        assert outcome.applied == 1
    assert world.counted() == 300
    key = world.key("anonymous_id", "kiosk")
    assert len(world.person(key).edges) <= 8


def test_more_people_than_a_transaction_holds_are_not_joined_but_lose_no_event() -> None:
    world = World(limits=Limits(user_id=60, email=60, anonymous_id=60))
    for at in range(30):
        world.apply(event(f"m{at}", user=f"u{at}", anonymous="kiosk", at=at))
    before = world.counted()
    outcome = world.apply(event("m99", user="u99", anonymous="kiosk", at=99))
    assert (outcome.applied, outcome.merges_refused) == (1, 1)
    assert world.counted() == before + 1


def test_a_destination_is_marked_only_when_what_it_sees_changes() -> None:
    world = World(destinations=["klaviyo", "webhook"])
    key = world.key("user_id", "ann")
    world.apply(event("m1", user="ann", kind="identify", traits={"plan": "pro"}))
    assert world.store.rows[key].dirty == {"klaviyo": 1, "webhook": 1}
    world.store.clear_dirty(key, "klaviyo", 1)
    world.apply(event("m2", user="ann", at=5))
    assert world.store.rows[key].version == 2
    assert world.store.rows[key].dirty == {"webhook": 1}
    world.apply(event("m3", user="ann", at=6, kind="identify", traits={"plan": "free"}))
    assert world.store.rows[key].dirty == {"klaviyo": 3, "webhook": 3}


def test_a_mark_is_cleared_only_for_the_version_that_was_told() -> None:
    world = World()
    key = world.key("user_id", "ann")
    world.apply(event("m1", user="ann"))
    world.store.clear_dirty(key, "klaviyo", 7)
    assert world.store.rows[key].dirty == {"klaviyo": 1}


def test_a_record_that_is_none_of_ours_is_kept_and_acknowledged() -> None:
    world = World()
    good = world.records([event("m1", user="ann")])[0]
    bad = Record(sequence_number="9", data=b"\x01 not sealed by us", arrived_at=NOON)
    outcome = world.updating.update([bad, good])
    assert (outcome.retry, outcome.applied, outcome.failed) == ([], 1, 1)
    [kept] = world.failed.kept
    assert (kept.stage, kept.code, kept.payload) == ("profiles/update", "unreadable", bad.data)


def test_a_record_whose_failure_cannot_be_kept_comes_again() -> None:
    world = World()
    world.failed.is_failing = True
    bad = Record(sequence_number="9", data=b"\x01 not sealed by us")
    good = world.records([event("m1", user="ann")])[0]
    outcome = world.updating.update([good, bad])
    assert (outcome.retry, outcome.applied, outcome.failed) == (["9"], 1, 0)


def test_what_makes_a_profile_too_large_is_kept_as_failed_and_the_profile_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World()
    world.apply(event("m1", user="ann"))
    monkeypatch.setattr(encoding, "MAX_STATE_BYTES", 2000)
    bad = event("m2", user="ann", kind="identify", traits=noise(world, "m2", 90))
    outcome = world.apply(bad, event("m3", user="bob"))
    assert (outcome.retry, outcome.applied, outcome.failed) == ([], 1, 1)
    [kept] = world.failed.kept
    assert kept.code == "profile_too_large"
    assert msgspec.json.decode(kept.payload, type=Event) == bad
    assert world.profile("user_id", "ann").counters == {"Product Viewed": 1}


def test_a_merge_that_no_item_could_hold_is_refused_and_both_people_stay(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World()
    for at in range(2):
        who = {["user", "anonymous"][at]: "x"}
        traits = noise(world, str(at), 60)
        world.apply(event(f"m{at}", **who, kind="identify", traits=traits))
    size = len(world.store.rows[world.key("user_id", "x")].state)
    monkeypatch.setattr(encoding, "MAX_STATE_BYTES", size * 3 // 2)
    outcome = world.apply(event("m9", user="x", anonymous="x"))
    assert (outcome.applied, outcome.failed, outcome.merges_refused) == (1, 0, 1)
    assert world.profile("user_id", "x").key != world.profile("anonymous_id", "x").key


def test_an_event_that_breaks_our_own_code_is_kept_and_the_lane_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(stem: object, facts: object) -> None:
        raise ZeroDivisionError

    world = World()
    monkeypatch.setattr(drafting, "fold", broken)
    outcome = world.apply(event("m1", user="ann"))
    assert (outcome.retry, outcome.failed) == ([], 1)
    assert world.failed.kept[0].code == "fold_failed"


def test_a_row_that_cannot_be_opened_fails_its_own_events_only() -> None:
    world = World()
    world.apply(event("m1", user="ann"))
    key = world.key("user_id", "ann")
    row = world.store.rows[key]
    world.store.rows[key] = msgspec.structs.replace(row, state=row.state[:-1] + b"\x00")
    outcome = world.apply(event("m2", user="ann", anonymous="a1"), event("m3", user="bob"))
    assert (outcome.retry, outcome.applied, outcome.failed) == ([], 1, 1)
    with pytest.raises(GiveUp):
        world.profile("user_id", "ann")


def test_more_events_of_one_person_than_one_write_may_hold_are_all_applied(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from millrace.profiles import planning

    monkeypatch.setattr(planning, "MAX_FACTS", 50)
    world = World()
    outcome = world.apply(*(event(f"m{at}", user="ann", at=at) for at in range(480)))
    assert (outcome.retry, outcome.applied) == ([], 480)
    assert world.counted() == 480


def test_the_age_of_the_oldest_applied_event_is_told() -> None:
    world = World()
    world.clock.set(NOON + 10_500)
    outcome = world.apply(event("m1", user="ann", at=0), event("m2", user="bob", at=4000))
    assert outcome.freshness_ms == 10_000
    assert world.profile("user_id", "ann").lag_ms == 10_000


def test_one_read_and_one_write_for_all_people_whatever_the_number_of_events() -> None:
    world = World()
    calls: list[str] = []
    world.apply(*(event(f"a{at}", user=f"u{at}") for at in range(3)))
    world.store.before = calls.append
    world.apply(*(event(f"m{at}", user=f"u{at % 3}") for at in range(300)))
    assert calls == ["read_rows", "write_each"]
