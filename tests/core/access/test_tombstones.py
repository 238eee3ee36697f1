"""An erasure is known by any of three: the name's own row, its person's row, its subject."""

from __future__ import annotations

from millrace.access import tombstones_of
from tests.core.erasure.stage import HOUR, Stage
from tests.core.profiles.stories import NOON, consenting


def test_who_was_erased_is_found_by_every_name_and_who_was_not_is_left_out():
    stage = Stage()
    stage.finish(stage.request())
    told = tombstones_of(stage.world.store, stage.world.subjects)
    bob, nobody = stage.world.key("user_id", "bob"), stage.world.key("user_id", "nobody")
    found = told([*stage.names(), bob, nobody])
    assert sorted(found) == stage.names()
    assert all(at >= NOON + HOUR for at in found.values())


def test_a_name_that_began_anew_and_became_somebody_elses_remembers_its_own_erasure():
    stage = Stage()
    erased_at = stage.finish(stage.request()).erased_at
    tie = consenting("t", user="carl", email="ann@x.com", at=99 * HOUR)
    stage.world.clock.set(NOON + 100 * HOUR)
    assert stage.world.apply(tie).applied == 1
    mail = stage.world.key("email", "ann@x.com")
    assert stage.world.store.rows[mail].to, "an alias of somebody who was never erased"
    told = tombstones_of(stage.world.store, stage.world.subjects)
    assert told([mail])[mail] >= erased_at


def test_a_subject_knows_of_an_erasure_that_a_restored_row_forgot():
    stage = Stage()
    rows = dict(stage.world.store.rows)
    stage.finish(stage.request())
    stage.world.store.rows = rows
    found = tombstones_of(stage.world.store, stage.world.subjects)(stage.names())
    assert sorted(found) == stage.names()
