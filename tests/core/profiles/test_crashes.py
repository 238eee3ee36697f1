"""Crashes between any two calls, lost replies, races: nothing is lost and nothing is doubled."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import pytest

from millrace.errors import RetryLater
from millrace.events import Event
from millrace.identity.model import Limits
from millrace.profiles import seen
from millrace.profiles.model import Write
from tests.core.profiles.stories import World, event, world_of

Log = list[list[Event]]


class Crash(BaseException):
    """The sandbox dies: no handler of ours runs."""


def visits(count: int, first: int = 0) -> list[Event]:
    return [event(f"v{at}", user="ann", at=at) for at in range(first, first + count)]


def stories() -> Iterator[object]:
    merge = [event("m1", anonymous="a1", at=1), event("m2", user="ann", at=2)]
    login = event("m3", user="ann", anonymous="a1", email="ann@x.com", at=3, kind="identify")
    yield pytest.param([merge, [login]], id="two people become one")
    yield pytest.param([[event(f"n{at}", user=f"u{at}") for at in range(5)]], id="five people")
    yield pytest.param([visits(60), visits(60, 60), visits(9, 120), visits(60)], id="ids spill")
    late = event("m0", anonymous="a1", user="bob", at=0, kind="identify")
    yield pytest.param([[*merge, login], [late]], id="a late event parts two people")


@pytest.mark.parametrize("log", list(stories()))
@pytest.mark.parametrize("side", ["before", "after"])
def test_a_crash_at_any_call_and_redelivery_change_nothing(log: Log, side: str) -> None:
    calm, calls = played(log, side, crash_at=-1)
    assert calls > 0
    for crash_at in range(calls):
        shaken, _ = played(log, side, crash_at)
        assert shaken.canonical() == calm.canonical()
        assert shaken.counted() == len({one.message_id for batch in log for one in batch})


@pytest.mark.parametrize("log", list(stories()))
@pytest.mark.parametrize("side", ["before", "after"])
def test_a_call_that_fails_once_or_whose_reply_is_lost_is_settled_by_reading(
    log: Log, side: str
) -> None:
    calm, calls = played(log, side, crash_at=-1)
    for fail_at in range(calls):
        shaken, _ = played(log, side, fail_at, RetryLater("profiles_unavailable", "lost"))
        assert shaken.canonical() == calm.canonical()


def played(
    log: Log, side: str, crash_at: int, error: BaseException | None = None
) -> tuple[World, int]:
    """The world after the log and the number of calls; one fails and its batch comes again."""
    world, calls = World(), 0

    def hook(_: str) -> None:
        nonlocal calls
        calls += 1
        if calls - 1 == crash_at:
            raise error or Crash

    setattr(world.store, side, hook)
    for batch in log:
        try:
            assert world.apply(*batch).retry == []
        except Crash:
            assert world.apply(*batch).retry == []
    setattr(world.store, side, lambda _: None)
    return world, calls


def test_an_id_block_names_only_ids_that_were_in_the_row_when_it_was_read() -> None:
    """Once it named ids of the write in hand: when that failed, their events were lost for ever."""
    world = World()
    world.apply(*visits(seen.RING_IDS + 1))

    def refuse(call: str) -> None:
        if call == "write":
            raise Crash

    world.store.before = refuse
    with pytest.raises(Crash):
        world.apply(*visits(200, 1000))
    world.store.before = lambda _: None
    [block] = world.store.blocks.values()
    committed = {seen.event_id(one) for one in visits(seen.RING_IDS + 1)}
    assert set(seen.unpack(block.packed)) < committed
    outcome = world.apply(*visits(200, 1000))
    assert (outcome.applied, outcome.duplicate) == (200, 0)


def test_events_of_any_age_are_known_again_after_their_ids_spilled() -> None:
    world = World()
    for first in range(0, 600, 50):
        world.apply(*visits(50, first))
    assert world.store.blocks
    outcome = world.apply(*visits(600))
    assert (outcome.applied, outcome.duplicate) == (0, 600)
    assert world.counted() == 600


def test_an_event_without_a_time_of_its_own_is_known_again_after_its_id_spilled() -> None:
    import msgspec

    timeless = [msgspec.structs.replace(one, original_at=0) for one in visits(150)]
    world = World()
    for first in range(0, 150, 50):
        world.apply(*timeless[first : first + 50])
    world.apply(*visits(200, 1000))
    outcome = world.apply(*timeless)
    assert (outcome.applied, outcome.duplicate) == (0, 150)


def test_the_row_stays_small_however_many_events_a_person_sends() -> None:
    world = World()
    for first in range(0, 1000, 50):
        world.apply(*visits(50, first))
    early = len(world.store.rows[world.key("user_id", "ann")].state)
    for first in range(1000, 10_000, 50):
        world.apply(*visits(50, first))
    late = len(world.store.rows[world.key("user_id", "ann")].state)
    assert late <= early * 1.05


EARLIER = [event("old1", user="ann", at=-5), event("old2", anonymous="a1", at=-5)]
RACES: dict[str, tuple[list[Event], list[Event]]] = {
    "same events twice": (visits(3), visits(3)),
    "two batches of one person": (visits(3), visits(3, 10)),
    "merge against events": (
        [event("m", user="ann", anonymous="a1", kind="identify")],
        [event("e1", anonymous="a1"), event("e2", user="ann")],
    ),
    "merge against merge": (
        [event("m1", user="ann", anonymous="a1", at=1)],
        [event("m2", user="bob", anonymous="a1", at=2)],
    ),
    "alias against alias": (
        [event("m1", user="ann", previous="bob", kind="alias")],
        [event("m2", user="bob", previous="cid", kind="alias")],
    ),
}


@pytest.mark.parametrize("name", RACES)
@pytest.mark.parametrize("side", ["before", "after"])
def test_a_batch_that_comes_between_any_two_calls_of_another_changes_nothing(
    name: str, side: str
) -> None:
    ours, theirs = RACES[name]
    calm = raced(ours, theirs, side, at=10**9)[0]
    _, calls = raced(ours, theirs, side, at=0)
    for at in range(calls):
        world, _ = raced(ours, theirs, side, at)
        assert world.canonical() == calm.canonical()
        assert world.counted() == len({one.message_id for one in [*EARLIER, *ours, *theirs]})


def raced(ours: list[Event], theirs: list[Event], side: str, at: int) -> tuple[World, int]:
    world = World()
    world.apply(*EARLIER)
    counting = counter(at, lambda: world.apply(*theirs))
    setattr(world.store, side, counting)
    outcome = world.apply(*ours)
    calls = counting.calls  # type: ignore[attr-defined]
    assert outcome.retry == []
    setattr(world.store, side, lambda _: None)
    world.apply(*theirs)
    return world, calls


@pytest.mark.parametrize("side", ["before", "after"])
def test_two_late_events_that_together_untie_what_a_limit_forbade_are_both_seen(side: str) -> None:
    """Each alone changes nothing for the other person: only the check of what was read tells."""
    tight = Limits(user_id=4, email=4, anonymous_id=3)
    story = [
        event("1", user="u", anonymous="a1", at=1),
        event("2", user="u", anonymous="a2", at=2),
        event("3", user="w", anonymous="a3", at=3),
        event("4", user="w", anonymous="a4", at=4),
        event("5", user="u", previous="w", at=9, kind="alias"),
    ]
    ours = event("6", user="x", anonymous="a1", at=0)
    theirs = event("7", user="y", anonymous="a3", at=0)
    both = world_of([story, [ours, theirs]], limits=tight)
    expected = both.canonical()
    assert both.profile("user_id", "u") == both.profile("user_id", "w")
    calls = 1
    at = 0
    while at < calls:
        world = world_of([story], limits=tight)
        counting = counter(at, lambda: world.apply(theirs))  # noqa: B023 - called at once
        setattr(world.store, side, counting)
        world.apply(ours)
        calls = counting.calls
        setattr(world.store, side, lambda _: None)
        world.apply(theirs)
        assert world.canonical() == expected
        at += 1


class counter:  # noqa: N801 - reads as a function
    def __init__(self, at: int, then: Callable[[], object]) -> None:
        self.calls, self._at, self._then = 0, at, then

    def __call__(self, _: str) -> None:
        self.calls += 1
        if self.calls - 1 == self._at:
            self._at = -1
            self._then()


def test_records_whose_person_cannot_be_written_are_asked_for_again_and_the_others_are_not() -> (
    None
):
    world = World()
    key, write, write_each = world.key("user_id", "hot"), world.store.write, world.store.write_each

    def hot(row: Write) -> None:
        if row.key == key:
            raise RetryLater("profiles_unavailable", "throttled")
        write(row)

    def hot_among_others(rows: Sequence[Write]) -> set[str]:
        return write_each([row for row in rows if row.key != key])

    world.store.write = hot  # type: ignore[method-assign]
    world.store.write_each = hot_among_others  # type: ignore[method-assign]
    outcome = world.apply(event("1", user="a"), event("2", user="hot"), event("3", user="c"))
    assert outcome.retry == ["00001"]
    assert (outcome.applied, outcome.duplicate) == (1, 0)
    world.store.write = write  # type: ignore[method-assign]
    outcome = world.apply(event("2", user="hot"), event("3", user="c"))
    assert (outcome.applied, outcome.duplicate) == (1, 1)
    assert world.counted() == 3


def test_threads_commit_the_same_profiles() -> None:
    log = [event(f"m{at}", user=f"u{at % 40}", at=at) for at in range(400)]
    threaded, alone = World(threads=8), World()
    assert threaded.apply(*log).applied == alone.apply(*log).applied == 400
    assert threaded.canonical() == alone.canonical()
