"""Facts that concern the same people are planned together, in whatever order they chain."""

from __future__ import annotations

import itertools

from millrace.profiles.keyring import Keyring
from millrace.profiles.planning import group_by_person
from millrace.profiles.snapshot import Snapshot
from tests.core.profiles.stories import World, event


def test_a_chain_of_people_is_one_group_in_every_order_of_its_links() -> None:
    """Once the search for a group's name cut the chain that it followed: people of one group were
    written twice in one round, and the second write always met the first."""
    world = World()
    links = [
        event("m1", user="u1", anonymous="a1", email="e1@x.com"),
        event("m2", user="u2", anonymous="a2", email="e1@x.com"),
        event("m3", user="u3", anonymous="a2", email="e2@x.com"),
        event("m4", user="u4", anonymous="a3", email="e2@x.com"),
        event("m5", anonymous="a1"),
        event("m6", anonymous="a3"),
    ]
    stranger = world.fact(event("m7", anonymous="a9"))
    for order in itertools.permutations(links):
        facts = [world.fact(one) for one in order]
        snapshot = Snapshot(world.store, world.vault, Keyring(world.subjects.keys))
        snapshot.load_for([*facts, stranger])
        groups = group_by_person([*facts, stranger], snapshot)
        assert sorted(map(len, groups)) == [1, 6]
