"""New keys for a person: all still opens, readers see no change, and an erasure ends it all."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from millrace.errors import GiveUp, RetryLater
from millrace.privacy.caching import CachedSubjects
from millrace.privacy.subjects import epoch_in
from millrace.profiles.drafting import ProfileRules
from millrace.profiles.encoding import unseal
from millrace.profiles.model import Row
from millrace.profiles.update import UpdateProfiles
from millrace.rotation.model import Cursor, Part, SealedItem
from millrace.rotation.person import rotate_person
from millrace.rotation.ports import PersonPorts
from tests.core.profiles.stories import World, event

ANN = ("user_id", "ann")


class RowShelf:
    """`Shelf` over the rows of a world; `before` is called once, before the next replacement."""

    name = "profiles"

    def __init__(self, world: World) -> None:
        self._world = world
        self.before = lambda: None

    def page(self, cursor: Cursor) -> tuple[list[SealedItem], Cursor]:
        raise NotImplementedError

    def replace(self, item: SealedItem, parts: Sequence[Part]) -> bool:
        self.before()
        row = self._world.store.rows[item.key]
        if row.version != item.version or not row.state:
            return False
        state = parts[0].sealed
        self._world.store.rows[item.key] = Row(
            key=row.key, version=row.version, state=state, dirty=row.dirty
        )
        return True


@pytest.fixture
def world() -> World:
    world = World()
    world.apply(
        event("m1", user="ann", anonymous="a1", kind="identify", traits={"plan": "pro"}),
        event("m2", anonymous="a1"),
        event("b1", user="bob"),
    )
    return world


def ports(world: World) -> PersonPorts:
    return PersonPorts(
        store=world.store,
        reader=world.subjects,
        rotation=world.subjects,
        rows=RowShelf(world),
        vault=world.vault,
    )


def epochs(world: World) -> set[int]:
    outer = unseal(world.store.rows[world.key(*ANN)], world.vault)
    return {epoch_in(stem.sealed) for stem in outer.stems}


def test_every_stem_begins_an_epoch_and_the_profile_and_its_version_are_the_same(
    world: World,
) -> None:
    before, bob = world.profile(*ANN), world.subjects.items[world.key("user_id", "bob")]
    names = {stem: subject.pseudonym for stem, subject in world.subjects.items.items()}
    assert epochs(world) == {1}
    assert rotate_person(world.key("anonymous_id", "a1"), ports(world)) == 2
    assert epochs(world) == {2}
    assert world.profile(*ANN) == before
    assert {s: each.pseudonym for s, each in world.subjects.items.items()} == names
    assert world.subjects.items[world.key("user_id", "bob")] is bob


def test_what_the_lake_holds_from_before_opens_until_the_person_is_erased(world: World) -> None:
    stem = world.key(*ANN)
    old = world.subjects.items[stem].key.seal(b"a row", field="event")  # type: ignore[union-attr]
    for _ in "ab":
        rotate_person(stem, ports(world))
    key = world.subjects.items[stem].key
    assert key is not None
    assert (key.open(old, field="event"), epoch_in(key.seal(b"", field="event"))) == (b"a row", 3)
    world.subjects.erase([stem], since=1, erased_at=5)
    world.subjects.renew(world.subjects.items[stem], 5)
    anew = world.subjects.items[stem]
    assert (anew.epoch, anew.earlier, anew.opens(1), anew.opens(3)) == (4, (), False, False)
    with pytest.raises(GiveUp, match="unreadable"):
        anew.key.open(old, field="event")  # type: ignore[union-attr]


def test_an_event_in_between_is_kept(world: World) -> None:
    asked = ports(world)
    shelf = asked.rows
    assert isinstance(shelf, RowShelf)

    def happens() -> None:
        shelf.before = lambda: None
        world.apply(event("m3", user="ann"))

    shelf.before = happens
    rotate_person(world.key(*ANN), asked)
    assert world.profile(*ANN).counters == {"identify": 1, "Product Viewed": 2}
    assert epochs(world) == {2}


def test_a_row_that_changes_all_the_time_is_a_matter_of_time(world: World) -> None:
    asked = ports(world)
    shelf, numbers = asked.rows, iter(range(100))
    assert isinstance(shelf, RowShelf)
    shelf.before = lambda: world.apply(event(f"n{next(numbers)}", user="ann")) and None
    with pytest.raises(RetryLater, match="profile_contended"):
        rotate_person(world.key(*ANN), asked)


def test_who_was_erased_or_never_was_is_nobody(world: World) -> None:
    root = world.key(*ANN)
    world.store.rows[root] = Row(key=root, version=9, erased_at=7)
    for key in (root, world.key("email", "never@x.com")):
        with pytest.raises(GiveUp, match="nobody"):
            rotate_person(key, ports(world))
    assert world.store.rows[root].is_tombstone


def test_a_sandbox_that_remembers_the_old_key_goes_on_and_reads_what_the_others_write(
    world: World,
) -> None:
    remembering = UpdateProfiles(
        store=world.store,
        vault=world.vault,
        subjects=CachedSubjects(world.subjects, world.clock),
        failed_events=world.failed,
        clock=world.clock,
        rules=ProfileRules(priorities={}),
    )
    remembering.update(world.records([event("m3", user="ann")]))
    rotate_person(world.key(*ANN), ports(world))
    for number in range(3):
        theirs = event(f"theirs{number}", user="ann")
        ours = event(f"ours{number}", user="ann")
        assert world.apply(theirs).applied == 1
        assert remembering.update(world.records([ours])).applied == 1
    assert world.profile(*ANN).counters == {"identify": 1, "Product Viewed": 8}
