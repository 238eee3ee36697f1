"""A backup from before an erasure does not bring anybody back once the erasures are reapplied."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import pytest

from millrace.erasure import Reapplied, reapply
from millrace.privacy.ledger import Entry
from tests.core.erasure.stage import HOUR, Crash, Stage
from tests.core.erasure.test_erase import check_gone
from tests.core.profiles.stories import event


@pytest.fixture
def restored() -> Stage:
    """Ann was erased; then both tables were put back to the moment before."""
    stage = Stage()
    backup = copy.deepcopy(stage.world.store.rows), copy.deepcopy(stage.world.subjects.items)
    stage.finish(stage.request())
    stage.world.store.rows, stage.world.subjects.items = backup
    assert stage.world.profile("email", "ann@x.com") is not None
    return stage


def entries(stage: Stage) -> Iterator[Entry]:
    return (link.entry for chain in stage.ledger.chains.values() for link in chain)


def again(stage: Stage) -> Reapplied:
    return reapply(
        entries(stage),
        rows=stage.world.store,
        subjects=stage.world.subjects,
        suppressions=stage.suppressions,
    )


def test_a_restored_person_is_erased_again_and_others_stay(restored: Stage) -> None:
    done = again(restored)
    assert (done.identifiers, done.rows) == (4, 4)
    assert done.keys > 0
    world = restored.world
    for key in restored.names():
        assert world.store.rows[key].is_tombstone
        assert world.subjects.items[key].is_erased
    assert world.profile("email", "ann@x.com") is None
    assert world.profile("user_id", "bob").traits == {"plan": "pro"}


def test_reapplying_twice_changes_nothing(restored: Stage) -> None:
    again(restored)
    rows = copy.deepcopy(restored.world.store.rows)
    assert again(restored) == Reapplied(identifiers=4)
    assert restored.world.store.rows == rows


@pytest.mark.parametrize("fatal", range(1, 25))
def test_a_crash_at_any_call_leaves_the_rest_to_the_next_run(restored: Stage, fatal: int) -> None:
    calls = 0

    def die(_: str) -> None:
        nonlocal calls
        calls += 1
        if calls == fatal:
            raise Crash

    restored.hook(die)
    try:
        again(restored)
    except Crash:
        again(restored)
    restored.hook(lambda _: None)
    assert again(restored) == Reapplied(identifiers=4)
    assert all(restored.world.store.rows[key].is_tombstone for key in restored.names())
    assert calls > 8


def test_what_was_received_before_the_erasure_stays_out_after_the_restore(restored: Stage) -> None:
    again(restored)
    outcome = restored.world.apply(event("m1", user="ann", email="ann@x.com", at=1))
    assert outcome.erased == 1
    assert restored.world.profile("user_id", "ann") is None


def test_without_a_restore_there_is_nothing_to_do() -> None:
    stage = Stage()
    stage.finish(stage.request())
    assert again(stage) == Reapplied(identifiers=4)
    check_gone(stage)


def test_a_row_that_remembers_a_later_erasure_is_left_alone(restored: Stage) -> None:
    key = restored.names()[0]
    later = Entry(
        subject=key, kind="erasure", event="er_2", at=restored.world.clock.now_ms() + HOUR
    )
    reapply(
        [*entries(restored), later],
        rows=restored.world.store,
        subjects=restored.world.subjects,
        suppressions=restored.suppressions,
    )
    assert restored.world.store.rows[key].erased_at == later.at
    again(restored)
    assert restored.world.store.rows[key].erased_at == later.at


def test_an_objection_outlives_a_restore_of_the_suppression_list() -> None:
    stage = Stage()
    stage.finish(stage.request(reason="objection"))
    before = dict(stage.suppressions.known)
    assert len(before) == 2
    stage.suppressions.known.clear()
    assert again(stage).suppressions == 2
    assert stage.suppressions.known == before
    lifted = {place: (at + 1, False) for place, (at, _) in before.items()}
    stage.suppressions.known.update(lifted)
    again(stage)
    assert stage.suppressions.known == lifted, "a newer word stays"
