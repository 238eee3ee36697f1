"""An erasure finds all names of a person, survives any crash, and cannot be undone by anything."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from millrace.erasure import verify
from millrace.erasure.matching import names_any
from millrace.errors import NeedsHuman, RetryLater
from tests.core.erasure.stage import HOUR, Crash, Stage
from tests.core.erasure.test_sweeping import check_swept
from tests.core.profiles.stories import NOON, consenting, event


@pytest.fixture
def stage() -> Stage:
    return Stage()


def check_gone(stage: Stage) -> None:
    world = stage.world
    for key in stage.names():
        assert world.store.rows[key].is_tombstone
        assert world.subjects.items[key].is_erased
    assert world.profile("email", "ann@x.com") is None
    bob = world.person(world.profile("user_id", "bob").key)
    gone = set(stage.names())
    assert not gone & {key for stem in bob.stems for key in stem.identifiers}
    assert not gone & {end for edge in bob.edges for end in (edge.a, edge.b)}
    assert world.profile("user_id", "bob").traits == {"plan": "pro"}


@pytest.mark.parametrize(
    "name", [("email", "Ann@x.com "), ("user_id", "ann"), ("anonymous_id", "a1")]
)
def test_by_any_identifier_every_name_of_the_person_is_erased(
    stage: Stage, name: tuple[str, str]
) -> None:
    erasure = stage.finish(stage.request(*name))
    check_gone(stage)
    assert erasure.certificate["outcome"] == "erased"
    assert erasure.certificate["identifiers"] == stage.names()


def test_the_first_run_makes_the_person_unreadable_and_asks_every_destination(stage: Stage) -> None:
    stage.erasing.run(stage.request())
    check_gone(stage)
    assert [name for name, _ in stage.destinations.asked] == ["klaviyo", "webhook"]
    leaver = stage.destinations.asked[0][1]
    assert leaver.identifiers["email"] == ("ann@old.com", "ann@x.com")
    assert len(leaver.profile_ids) == 4


def test_destinations_are_asked_again_when_what_was_under_way_is_over(stage: Stage) -> None:
    name = stage.request()
    stage.erasing.run(name)
    stage.erasing.run(name)
    assert len(stage.destinations.asked) == 2
    erasure = stage.erasing.run(name, is_late=True)
    assert erasure is not None
    assert erasure.is_done
    assert len({leaver.request_id for _, leaver in stage.destinations.asked}) == 2


def test_a_destination_that_does_not_answer_holds_up_the_end_and_nothing_else(stage: Stage) -> None:
    stage.destinations.late["klaviyo"] = RetryLater("forget_later", "429")
    name = stage.request()
    with pytest.raises(RetryLater):
        stage.erasing.run(name)
    check_gone(stage)
    assert [asked for asked, _ in stage.destinations.asked] == ["webhook"]
    stage.destinations.late.clear()
    assert stage.finish(name).certificate["is_complete"] is True
    assert len([1 for asked, _ in stage.destinations.asked if asked == "webhook"]) == 2


def test_failed_events_that_name_the_person_are_removed_and_no_others(stage: Stage) -> None:
    stage.finish(stage.request())
    assert list(stage.failed.held) == ["failed_events/2"]


def test_a_crash_between_any_two_calls_leaves_nothing_undone() -> None:
    """Every call of the workflow, before and after its effect, is where the sandbox dies once."""
    survived = 0
    while dies_at(survived + 1):
        survived += 1
    assert survived > 30


def dies_at(place: int) -> bool:
    """One life in which call number `place` is the last of its sandbox; whether there is one."""
    stage, met = Stage(), 0
    name = stage.request()

    def dies(_: str) -> None:
        nonlocal met
        met += 1
        if met == place:
            raise Crash

    stage.hook(dies)
    erasure = stage.finish(name)
    stage.hook(lambda call: None)
    check_gone(stage)
    assert verify(msgspec.to_builtins(erasure.certificate)) == []
    assert erasure.certificate["identifiers"] == stage.names()
    check_swept(stage)
    swept = {each["store"]: each["count"] for each in erasure.certificate["stores"]}
    assert (swept["failed events"], swept["overflow"], swept["parked batches"]) == (1, 1, 1)
    return met >= place


def test_replay_of_everything_ever_received_brings_nobody_back(stage: Stage) -> None:
    stage.finish(stage.request())
    asked = len(stage.destinations.asked)
    outcome = stage.world.apply(
        event("m1", user="ann", anonymous="a1", email="ann@x.com", kind="identify", at=1),
        event("m9", user="ann", at=2),
        event("m8", anonymous="a7", email="ann@old.com", kind="identify", at=3),
    )
    assert (outcome.erased, outcome.applied) == (3, 0)
    check_gone(stage)
    assert len(stage.destinations.asked) == asked
    marked = [row for row in stage.world.store.rows.values() if row.key in stage.names()]
    assert all(row.dirty == {} for row in marked)


def test_who_came_back_with_a_fresh_consent_meanwhile_is_not_erased_again(stage: Stage) -> None:
    name = stage.request()
    stage.erasing.run(name)
    back = consenting("new", user="ann", at=HOUR + 9)
    assert stage.world.apply(back).applied == 1
    stage.finish(name)
    assert stage.world.profile("user_id", "ann").counters == {back.name: 1}
    later = stage.request("user_id", "ann")
    assert stage.finish(later).certificate["outcome"] == "erased"
    assert stage.world.profile("user_id", "ann") is None


def test_an_unknown_person_gets_a_tombstone_for_events_that_are_on_their_way(stage: Stage) -> None:
    erasure = stage.finish(stage.request("email", "zoe@x.com"))
    assert erasure.certificate["outcome"] == "nothing_found"
    assert stage.world.apply(event("z", email="zoe@x.com", at=5)).erased == 1


def test_erasing_again_is_an_erasure_of_its_own_that_says_so(stage: Stage) -> None:
    first = stage.finish(stage.request())
    stage.world.clock.advance(HOUR)
    again = stage.finish(stage.request())
    assert again.id != first.id
    assert again.certificate["outcome"] == "already_erased"
    assert verify(msgspec.to_builtins(again.certificate)) == []


@pytest.mark.parametrize(
    "name", [("email", "nobody"), ("user_id", "null"), ("shoe", "43"), ("", "")]
)
def test_what_names_nobody_is_refused(stage: Stage, name: tuple[str, str]) -> None:
    with pytest.raises(NeedsHuman, match="not_an_identifier"):
        stage.request(*name)


def test_the_record_of_an_erasure_names_the_person_only_sealed_and_only_until_it_is_done(
    stage: Stage,
) -> None:
    name = stage.request()
    stage.erasing.run(name)
    for _ in range(2):
        kept = msgspec.json.encode(stage.erasures.kept[name])
        assert b"ann" not in kept.lower().replace(b"cannot", b"")
        stage.finish(name)
    assert stage.erasures.kept[name].sealed == b""


@pytest.mark.parametrize(
    "change",
    [
        {"outcome": "nothing_found"},
        {"is_complete": False},
        {"identifiers": []},
        {"ledger": {}},
        {"certificate": 2},
        {"digest": "0" * 64},
    ],
)
def test_a_certificate_that_was_changed_does_not_verify(stage: Stage, change: Any) -> None:
    body = msgspec.to_builtins(stage.finish(stage.request()).certificate)
    assert verify(body) == []
    assert verify(body | change) != []
    chain = next(iter(body["ledger"].values()))
    chain[-1]["entry"]["at"] += 1
    assert verify(body) != []


def test_a_merge_that_comes_first_is_erased_as_well(stage: Stage) -> None:
    """Between the reading of the person and the tombstones she gains a device."""
    store, name = stage.world.store, stage.request()
    raced: list[int] = []

    def merges(call: str) -> None:
        if call == "write_together" and not raced:
            raced.append(1)
            tie = event("t", user="ann", anonymous="a5", kind="identify", at=9)
            assert stage.world.apply(tie).applied == 1

    store.before = merges
    erasure = stage.finish(name)
    assert stage.world.key("anonymous_id", "a5") in erasure.certificate["identifiers"]
    assert store.rows[stage.world.key("anonymous_id", "a5")].is_tombstone
    check_gone(stage)


@pytest.mark.parametrize(
    ("payload", "is_named"),
    [
        (b'{"a": [{"b": " Ann@X.com"}]}', True),
        (b'{"Ann@x.com": 1}', True),
        (b'{"a": "to ann@x.com"}', False),
        (b'{"Message": "{\\"to\\": [\\"Ann@x.com\\"]}"}', True),
        (b'{"Message": "{not ann@x.com"}', False),
        (b"email=ann@x.com&x", True),
        (b"events=%5B%22ann%40x.com%22%5D", True),
        (b'{"id": 42}', True),
        (b"id=42", False),
        (b"\xff\xfe", False),
    ],
)
def test_a_payload_names_somebody_by_a_value_of_its_own(payload: bytes, is_named: bool) -> None:
    assert names_any(payload, {"ann@x.com", "42"}) is is_named
    assert NOON
