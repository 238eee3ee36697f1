"""Batches obey limits, whatever the sizes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from millrace.activation import Limits, Outcome, Update
from millrace.activation.batches import batches, fits, parts

LIMITS = Limits(profiles=7, bytes=5_000, profile_bytes=3_000, wrapping_bytes=10)


def an_update(number: int, size: int = 10) -> Update:
    return Update(
        key=str(number), version=1, state={}, digest="d", delivery_id=str(number), size=size
    )


@given(st.lists(st.integers(2, 2_990), max_size=60))
def test_every_update_is_in_one_batch_in_order_and_no_batch_is_too_large(sizes):
    updates = [an_update(n, size) for n, size in enumerate(sizes)]
    made = batches(updates, LIMITS)
    assert [u for batch in made for u in batch] == updates
    for batch in made:
        assert 1 <= len(batch) <= LIMITS.profiles
        assert sum(u.size + LIMITS.wrapping_bytes for u in batch) <= LIMITS.bytes


def test_what_exceeds_a_request_or_the_limit_of_a_profile_does_not_fit():
    assert fits(an_update(1, 2_990), LIMITS)
    assert not fits(an_update(1, 2_991), LIMITS)


def split(count: int, suspects=()):
    batch = [an_update(n) for n in range(count)]
    outcomes = [Outcome(kind="split", is_suspect=n in suspects) for n in range(count)]
    return [[int(u.key) for u in part] for part in parts(batch, outcomes)]


def test_a_refused_batch_is_halved():
    assert split(5) == [[0, 1], [2, 3, 4]]


def test_suspects_are_tried_apart():
    assert split(5, {3}) == [[0, 1, 2, 4], [3]]


def test_when_all_are_suspects_the_batch_is_halved():
    assert split(2, {0, 1}) == [[0], [1]]
