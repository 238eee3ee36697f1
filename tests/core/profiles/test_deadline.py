"""The time that an invocation has left: what does not fit comes again, and nothing is lost."""

from __future__ import annotations

import pytest

from millrace.profiles.commit import SPARE_MS
from millrace.runtime.function import timed_batch_function
from tests.core.profiles.stories import World, event, world_of


class Left:
    """A deadline that comes closer with every write of a world."""

    def __init__(self, world: World, milliseconds: int) -> None:
        self._left = milliseconds
        self._write = world.store.write
        world.store.write = self._take  # type: ignore[method-assign]
        world.store.write_each = None  # type: ignore[assignment,method-assign]

    def left_ms(self) -> int:
        return self._left

    def _take(self, write: object) -> None:
        self._left -= 1_000
        self._write(write)  # type: ignore[arg-type]


PEOPLE = [event(f"m{number}", user=f"user-{number}") for number in range(5)]


@pytest.mark.parametrize("writes", range(6))
def test_what_does_not_fit_is_reported_and_fits_the_next_time(
    writes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("millrace.profiles.commit.MAX_EACH", 1)
    world = World()
    records = world.records(*([one] for one in PEOPLE))
    outcome = world.updating.update(records, Left(world, SPARE_MS + 1_000 * writes))
    assert len(world.store.rows) == writes
    assert len(outcome.retry) == len(PEOPLE) - writes
    assert outcome.applied + len(outcome.retry) <= len(PEOPLE)
    monkeypatch.undo()
    del world.store.write_each
    again = [one for one in records if one.sequence_number >= min(outcome.retry, default="~")]
    last = world.updating.update(again)
    assert last.retry == []
    assert outcome.applied + last.applied + last.duplicate == len(PEOPLE)
    assert world.canonical() == world_of([PEOPLE]).canonical()


def test_without_time_not_even_a_read_is_begun() -> None:
    world = World()
    world.store.read_rows = None  # type: ignore[assignment,method-assign]
    outcome = world.updating.update(world.records(PEOPLE), Left(world, SPARE_MS))
    assert len(outcome.retry) == 1


def test_lambda_says_how_much_time_is_left_and_no_context_means_no_end() -> None:
    seen: list[int] = []

    @timed_batch_function("test")
    def handler(records: list[dict], _metrics: object, deadline: object) -> list[str]:
        seen.append(deadline.left_ms())  # type: ignore[attr-defined]
        return [record["id"] for record in records]

    class Context:
        def get_remaining_time_in_millis(self) -> int:
            return 1234

    told = handler({"Records": [{"id": "1"}]}, Context())
    assert told == {"batchItemFailures": [{"itemIdentifier": "1"}]}
    handler({"Records": []}, None)
    assert seen[0] == 1234
    assert seen[1] > 3_600_000
