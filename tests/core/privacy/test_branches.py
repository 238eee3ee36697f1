"""When the branch key is due, and which faults a rotation survives."""

from __future__ import annotations

import pytest

from millrace.clock import DAY_MS
from millrace.errors import RetryLater
from millrace.privacy.branches import LAST, Branches, BranchVersion, is_due, rotate
from tests.fakes.branch_keys import MemoryBranchKeys
from tests.fakes.clock import MemoryClock

NOW = 1000 * DAY_MS


@pytest.mark.parametrize(
    ("since", "due"), [(NOW - 365 * DAY_MS, True), (NOW - 365 * DAY_MS + 1, False), (0, True)]
)
def test_a_version_is_due_at_its_age_and_one_of_unknown_age_at_once(since: int, due: bool) -> None:
    branches = Branches(versions=(BranchVersion(number=1, since=since),))
    assert is_due(branches, 365, NOW) is due


def test_where_nothing_was_ever_sealed_nothing_is_due() -> None:
    assert not is_due(Branches(), 365, NOW)


@pytest.mark.parametrize("call", ["branches", "make", "move"])
@pytest.mark.parametrize("number", [1, 2])
def test_a_rotation_that_was_interrupted_anywhere_is_finished_by_the_next(
    call: str, number: int
) -> None:
    keys, seen = MemoryBranchKeys(), []

    def fault(name: str) -> None:
        seen.append(name)
        if seen.count(call) == number and name == call:
            raise RetryLater("vault_unavailable", "down")

    keys.before = fault
    try:
        rotate(keys, MemoryClock(NOW))
    except RetryLater:
        assert keys.current in keys.made, "the pointer never names a version that is not there"
    keys.before = lambda _: None
    before = keys.current
    assert rotate(keys, MemoryClock(NOW)).current == before + 1


def test_the_last_version_that_the_format_can_name_is_not_followed() -> None:
    keys = MemoryBranchKeys()
    keys.current = LAST
    assert rotate(keys, MemoryClock(NOW)).current == LAST
