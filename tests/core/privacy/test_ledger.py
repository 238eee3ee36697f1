"""Chains and roots: whatever is changed, left out or put in between is seen."""

from __future__ import annotations

import hashlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from millrace.clock import DAY_MS, HOUR_MS
from millrace.errors import GiveUp
from millrace.privacy.attesting import attest, verify_day
from millrace.privacy.ledger import Entry, Leaf, day_root, faults, link
from tests.fakes.clock import MemoryClock
from tests.fakes.ledger import MemoryLedger
from tests.fakes.roots import MemoryRoots

MIDNIGHT = 1_795_305_600_000  # 2026-11-22T00:00:00Z


def entry(number=0, **fields):
    known = {"subject": "i#user_id#ada", "kind": "consent", "event": f"e{number}", "at": number}
    return Entry(**{**known, **fields})


def chain(length=5):
    links = []
    for number in range(length):
        links.append(link(entry(number), links[-1] if links else None, 1000 + number))
    return links


def test_a_chain_as_it_was_made_has_no_fault():
    assert faults(chain()) == []
    assert faults([]) == []


def test_the_digest_of_a_link_is_what_the_documentation_says():
    """Version, number, previous digest, time, then the entry's fields, as compact JSON."""
    (first,) = chain(1)
    canonical = b'[1,1,"",1000,"i#user_id#ada","consent","e0",0,"","","","","","",""]'
    assert first.digest == hashlib.sha256(canonical).hexdigest()


@pytest.mark.parametrize("field", Entry.__struct_fields__)
def test_a_change_of_any_field_of_any_link_is_seen(field):
    links = chain(3)
    value = getattr(links[1].entry, field)
    changed = msgspec.structs.replace(
        links[1].entry, **{field: value + 1 if isinstance(value, int) else value + "x"}
    )
    links[1] = msgspec.structs.replace(links[1], entry=changed)
    assert faults(links) == ["link 2 was changed"]


@given(length=st.integers(2, 8), data=st.data())
def test_a_link_that_is_left_out_before_the_end_is_seen(length, data):
    links = chain(length)
    del links[data.draw(st.integers(0, length - 2))]
    assert faults(links)


def test_a_link_that_was_forged_with_its_digest_breaks_the_next():
    links = chain(3)
    links[1] = link(entry(99), links[0], 1001)
    assert faults(links) == ["link 3 does not follow the link before it"]


@given(st.permutations(range(9)))
def test_a_days_root_does_not_depend_on_the_order_of_reading(order):
    leaves = [Leaf("s", number, str(number)) for number in order]
    assert day_root("d", leaves) == day_root("d", sorted(leaves))


@given(count=st.integers(1, 9), data=st.data())
def test_a_days_root_depends_on_every_leaf(count, data):
    leaves = [Leaf("s", number, str(number)) for number in range(count)]
    whole = day_root("d", leaves).root
    place = data.draw(st.integers(0, count - 1))
    assert day_root("d", leaves[:place] + leaves[place + 1 :]).root != whole
    leaves[place] = Leaf("s", place, "forged")
    assert day_root("d", leaves).root != whole


@pytest.fixture
def clock():
    return MemoryClock(MIDNIGHT + 12 * HOUR_MS)


def test_a_day_gets_its_root_an_hour_after_it_ended_and_once(clock):
    ledger, roots = MemoryLedger(clock), MemoryRoots()
    ledger.append(entry())
    clock.set(MIDNIGHT + DAY_MS + HOUR_MS - 1)
    assert [root.day for root in attest(ledger, roots, clock)] == ["2026-11-21"]
    clock.advance(1)
    (made,) = attest(ledger, roots, clock)
    assert (made.day, made.entries) == ("2026-11-22", 1)
    assert made.previous == roots.read("2026-11-21").root
    assert attest(ledger, roots, clock) == []


def test_days_that_were_missed_are_made_up_for_each_behind_the_one_before(clock):
    ledger, roots = MemoryLedger(clock), MemoryRoots()
    attest(ledger, roots, clock)
    clock.advance(40 * DAY_MS)
    made = [*attest(ledger, roots, clock), *attest(ledger, roots, clock)]
    assert len(made) == 40
    assert [root.previous for root in made[1:]] == [root.root for root in made[:-1]]


def test_a_whole_day_verifies_and_a_shortened_chain_does_not(clock):
    ledger, roots = MemoryLedger(clock), MemoryRoots()
    for number in range(3):
        ledger.append(entry(number))
    clock.advance(DAY_MS)
    attest(ledger, roots, clock)
    assert verify_day("2026-11-22", ledger, roots)[1] == []
    ledger.chains["i#user_id#ada"].pop()  # a tail that is cut off leaves a whole chain
    assert faults(ledger.read("i#user_id#ada")) == []
    _, found = verify_day("2026-11-22", ledger, roots)
    assert found == [
        "the root of 2026-11-22 is another than the one that was kept: 2 entries now, 3 then"
    ]


def test_a_day_without_a_root_cannot_be_verified(clock):
    with pytest.raises(GiveUp, match="no_root"):
        verify_day("2026-11-22", MemoryLedger(clock), MemoryRoots())
