"""Whom an erasure did not find, or a backup brought back: the daily pass finds them."""

from __future__ import annotations

import pytest

from millrace.clock import HOUR_MS
from millrace.erasure import open_erasure, reapply
from tests.core.profiles.stories import event
from tests.core.retention.houses import House
from tests.fakes.subjects import Counter
from tests.fakes.suppressions import MemorySuppressions

SHARED = "all@x.com"


@pytest.fixture
def house() -> House:
    """More accounts with one address than ties are kept of an address."""
    found = House()
    for number in range(20):
        user = f"u{number:02}"
        named = event(f"m{user}", user=user, email=SHARED, kind="identify", at=number)
        assert found.world.apply(named).applied == 1
    return found


def erase(house: House) -> None:
    asked = open_erasure(
        "email",
        SHARED,
        by="x",
        erasures=house.erasures,
        vault=house.world.vault,
        clock=house.world.clock,
        randomness=Counter(),
    )
    house.messages.bodies.append(asked.id)
    while house.messages.bodies:
        assert house.deliver() == []
        house.later(HOUR_MS)


def who_has(house: House) -> list[str]:
    """The users who show the address."""
    users = [f"u{number:02}" for number in range(20)]
    profiles = {user: house.profile(value=user) for user in users}
    return [user for user, one in profiles.items() if one and "email" in one.traits]


def test_accounts_beyond_the_ties_that_are_kept_forget_the_address_with_the_next_daily_pass(house):
    erase(house)
    left = who_has(house)
    assert left, "an erasure finds who is tied"
    assert house.retain(pages=99).cleared == len(left)
    assert who_has(house) == []
    row = house.world.store.rows[house.world.key("user_id", left[0])]
    assert row.dirty == {"klaviyo": row.version}, "destinations are told of what is left"
    assert house.retain(pages=99).cleared == 0


def test_whom_a_backup_brought_back_forgets_the_address_with_the_pass_of_the_restore(house):
    rows = dict(house.world.store.rows)
    erase(house)
    house.retain(pages=99)
    tombs = {key for key, row in house.world.store.rows.items() if row.is_tombstone}
    house.world.store.rows.update(rows)
    assert who_has(house)
    entries = [link.entry for chain in house.ledger.chains.values() for link in chain]
    reapply(
        entries,
        rows=house.world.store,
        subjects=house.world.subjects,
        suppressions=MemorySuppressions(),
    )
    assert {key for key, row in house.world.store.rows.items() if row.is_tombstone} == tombs
    house.retain(pages=99)
    assert who_has(house) == []
