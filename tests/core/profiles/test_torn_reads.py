"""Several reads are no snapshot: somebody may move to another person between two of them."""

from __future__ import annotations

from millrace.identity.model import Limits
from tests.core.profiles.stories import World, event

TIED = [
    event("m1", user="ann", anonymous="a1", at=10, kind="identify"),
    event("m2", anonymous="a1", at=11),
    event("m3", user="bob", at=1),
]
EARLIER = event("m0", user="bob", anonymous="a1", at=5, kind="identify")
"""Arrives late and unties a1 from ann: bob was there first."""


def test_a_device_that_moves_between_the_read_of_its_alias_and_of_its_person_keeps_its_events() -> (
    None
):
    """Once its events went to the person it had left, and were lost with the next merge."""
    world = World()
    world.apply(*TIED)
    reads = 0

    def move(call: str) -> None:
        nonlocal reads
        reads += call == "read_rows"
        if reads == 2:
            world.store.before = lambda _: None
            world.apply(EARLIER)

    world.store.before = move
    mine = event("m4", anonymous="a1", at=20)
    assert world.apply(mine).applied == 1
    assert reads == 2
    calm = World()
    calm.apply(*TIED, EARLIER, mine)
    assert world.canonical() == calm.canonical()
    assert world.profile("user_id", "bob").counters == {"Product Viewed": 3, "identify": 1}


def test_the_others_of_the_batch_go_on_while_a_torn_read_is_read_again() -> None:
    world = World()
    world.apply(*TIED)
    root = world.store.rows[world.key("anonymous_id", "a1")]
    real = world.store.read_rows

    def torn(keys: object) -> object:
        """Always as if a1 had just left."""
        found = real(keys)  # type: ignore[arg-type]
        if root.key in found:
            ann = world.key("user_id", "stranger")
            found[root.key] = type(root)(key=root.key, version=root.version, to=ann)
        return found

    world.apply(event("m9", user="stranger"))
    world.store.read_rows = torn  # type: ignore[assignment, method-assign]
    outcome = world.apply(event("m5", anonymous="a1"), event("m6", user="cid"))
    assert outcome.retry == ["00000"]
    world.store.read_rows = real  # type: ignore[method-assign]
    assert world.profile("user_id", "cid").counters == {"Product Viewed": 1}
    assert world.apply(event("m5", anonymous="a1"), event("m6", user="cid")).applied == 1


def test_who_was_joined_after_his_row_was_read_is_not_left_behind_when_the_two_part_again() -> None:
    """Once rows read before the others' merge were taken for what the merge had made of them:
    the person that parted was not written, and his names led to somebody who did not know them."""
    one_email = Limits(email=1)
    guest = event("m1", anonymous="a1", email="e1@x.com", at=10)
    phone = event("m2", user="ann", anonymous="a5", at=10)
    joining = event("m3", user="ann", email="e1@x.com", at=50)
    parting = event("m4", anonymous="a5", email="e7@x.com", at=1)
    world = World(limits=one_email)
    world.apply(guest, phone)
    reads = 0

    def join(call: str) -> None:
        nonlocal reads
        reads += call == "read_rows"
        if reads == 2:
            world.store.before = lambda _: None
            world.apply(joining)

    world.store.before = join
    assert world.apply(guest, parting).retry == []
    assert reads == 2
    calm = World(limits=one_email)
    calm.apply(guest, phone, joining, parting)
    assert world.canonical() == calm.canonical()
    assert world.profile("email", "e1@x.com").identifiers["anonymous_id"] == ("a1",)
