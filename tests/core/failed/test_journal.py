"""The journal of replays says who put what back, by which mapping, and what came of it."""

import msgspec
import pytest

from millrace.errors import NeedsHuman, RetryLater
from millrace.events.versions import catalogue_version
from millrace.failed.journal import replays
from millrace.failed.mending import steps_of
from millrace.failed.replay import replay
from millrace.failed.selecting import Where, where_of
from millrace.failed.task import invocation, read_invocation
from tests.core.failed.conftest import JOB, RECEIVED_AT, refused, task

AS_USER = steps_of(renames=["user_id=userId"])
ORDERS = [{"type": "track", "event": "x", "user_id": f"u{number}"} for number in range(3)]


def run(stage, asked):
    return replay(stage.keys, asked, stage.doors, stage.counts)


def told(stage):
    return replays(stage.journal.newest(9))


def test_who_replayed_what_how_and_with_what_outcome_is_kept(scene):
    stage = scene(refused(*ORDERS, {"type": "no", "userId": "u"}))
    run(stage, task(where=Where(code=("no_identifier", "unknown_type")), steps=AS_USER))
    (found,) = told(stage)
    assert (found.job, found.by, found.at) == (JOB.id, JOB.by, JOB.at)
    assert found.last_at == RECEIVED_AT + 5
    assert found.where == ("code=no_identifier|unknown_type",)
    assert found.steps == ("rename /user_id to /userId",)
    assert found.catalogues == (catalogue_version(),)
    assert (found.passed, found.events, found.failed) == (3, 3, {"unknown_type": 1})


def test_a_dry_run_and_one_that_finds_nothing_leave_no_entry(scene):
    stage = scene(refused(*ORDERS))
    run(stage, task(steps=AS_USER, is_dry=True))
    run(stage, task(where=Where(code=("other",))))
    assert told(stage) == []


def test_the_invocations_of_one_job_are_one_replay(scene):
    stage = scene(refused(*ORDERS))
    keys = stage.keys
    for some in (keys[:2], keys[2:], keys):
        replay(some, task(steps=AS_USER), stage.doors, stage.counts)
    (found,) = told(stage)
    assert found.passed == 3


def test_a_crash_before_the_events_are_moved_is_counted_once(scene):
    stage = scene(refused(*ORDERS))
    stage.store.settle = lambda *_: (_ for _ in ()).throw(RuntimeError("crash"))
    with pytest.raises(RuntimeError):
        run(stage, task(steps=AS_USER))
    del stage.store.settle
    run(stage, task(steps=AS_USER))
    (found,) = told(stage)
    assert found.passed == 3


def test_nothing_is_put_back_that_the_journal_does_not_know(scene):
    stage = scene(refused(*ORDERS))
    stage.journal.is_failing = True
    with pytest.raises(RetryLater):
        run(stage, task(steps=AS_USER))
    assert (stage.sink.records, len(stage.store.failed)) == ([], 3)


def test_a_replay_that_the_stream_refused_is_known_with_nothing_passed(scene):
    stage = scene(refused(*ORDERS))
    stage.sink.refused = frozenset({0})
    with pytest.raises(RetryLater):
        run(stage, task(steps=AS_USER))
    (found,) = told(stage)
    assert (found.by, found.passed) == (JOB.by, 0)


def test_a_mapping_is_known_again_and_none_of_its_values_is_kept(scene):
    marks = set()
    for value in ("planted-marker", "planted-marker", "another"):
        stage = scene(refused(*ORDERS))
        run(stage, task(steps=steps_of(puts=[f"/userId={value}"])))
        assert b"planted-marker" not in msgspec.json.encode(stage.journal.newest(9))
        (found,) = told(stage)
        assert found.steps == ("set /userId",)
        marks.add(found.mapping)
    assert len(marks) == 2


@pytest.mark.parametrize(
    "asked",
    [
        task(where=Where(pointer=("/ada@example.com",))),
        task(where=Where(source=("+4930123456",))),
        task(steps=steps_of(drops=["/properties/ada@example.com"])),
        task(steps=steps_of(renames=["ada@example.com=userId"])),
    ],
)
def test_what_names_somebody_is_refused_for_the_journal_outlives_them(asked):
    with pytest.raises(NeedsHuman) as raised:
        read_invocation(invocation(asked, []))
    assert raised.value.code == "names_somebody"
    assert "ada" not in raised.value.message


@pytest.mark.parametrize("job", [{"by": ""}, {"id": "../../failed_events/x"}, {"id": ""}])
def test_a_job_without_a_name_or_somebody_who_asks_is_no_task(job):
    asked = invocation(task(), [])
    asked["BatchInput"]["task"]["job"] |= job
    with pytest.raises(NeedsHuman) as raised:
        read_invocation(asked)
    assert raised.value.code == "bad_task"


def test_a_filter_is_kept_in_the_words_that_make_it():
    where = where_of(["code=a|b", "since=2026-05-01,until=2026-05-02T03:04:05.678Z"], 0)
    assert where.words() == (
        "code=a|b", "since=2026-05-01T00:00:00.000Z", "until=2026-05-02T03:04:05.678Z",
    )  # fmt: skip
    assert where_of(where.words(), 0) == where
