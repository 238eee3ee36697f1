"""The rows of `profile_changes`: sealed, once, and enough to say what a reader saw and when."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from millrace.errors import GiveUp, RetryLater
from millrace.lake import PROFILE_CHANGES, ChangeRow, RowChange, open_value, write_changes
from millrace.lake.history import past_of
from millrace.lake.rows import to_row
from millrace.profiles.model import Row
from millrace.profiles.rules import ReadRules
from tests.core.profiles.stories import NOON, PRIORITIES, World, event
from tests.fakes.lake import MemoryLake

HOUR = 3_600_000
RULES = ReadRules(priorities=PRIORITIES)


class Recorder(World):
    """A world whose table has a stream."""

    def __init__(self, **options) -> None:
        super().__init__(**options)
        self.changes: list[RowChange] = []
        self._rows: dict[str, Row] = {}

    def apply(self, *events):
        outcome = super().apply(*events)
        for key, row in self.store.rows.items():
            before = self._rows.get(key)
            if before != row:
                self.changes.append(RowChange(written_at=NOON, before=before, after=row))
        self._rows = dict(self.store.rows)
        return outcome

    def write(self, lake: MemoryLake, changes):
        return write_changes(
            changes,
            vault=self.vault,
            subjects=self.subjects,
            lake=lake,
            rules=RULES,
        )

    def key_of(self, row):
        return self.subjects.items[row.subject].key

    def lake(self) -> MemoryLake:
        lake = MemoryLake()
        self.write(lake, self.changes)
        return lake


class Told:
    """`History` over the rows of a lake in memory."""

    def __init__(self, lake: MemoryLake) -> None:
        self._rows = lake.rows

    def rows(self, keys, until):
        return [row for row in self._rows if row.key in keys]


def identify(message_id, at=0, user="ada", source="web", **traits):
    return event(
        message_id, user=user, at=at, kind="identify", source=source, traits=traits or None
    )


def test_the_row_has_the_declared_columns_in_order():
    assert ChangeRow.__struct_fields__ == tuple(name for name, _ in PROFILE_CHANGES.columns)


def test_a_trait_is_a_row_that_opens_to_the_value_and_its_event():
    world = Recorder()
    one = identify("m1", plan="pro")
    world.apply(one)
    rows = {row.change: row for row in world.lake().rows}
    assert set(rows) == {"trait_set", "identifier_added"}
    row = rows["trait_set"]
    assert (row.name, row.source, row.version) == ("plan", "web", 1)
    assert (row.event_at, row.committed_at) == (NOON, NOON)
    assert row.event_id == to_row(one, world.vault, world.subjects.items[row.subject]).event_id, (
        "as in `events`"
    )
    assert row.profile_id == world.profile("user_id", "ada").profile_id
    opened = open_value(row.sealed, row.key, world.key_of(row))
    assert (opened.value, opened.event) == (b'"pro"', world.fact(one).id)


def test_a_value_opens_only_as_that_of_its_own_row():
    world = Recorder()
    world.apply(identify("m1", plan="pro"))
    (row,) = [row for row in world.lake().rows if row.sealed]
    with pytest.raises(GiveUp, match="unreadable"):
        open_value(row.sealed, "i#user_id#somebody-else", world.key_of(row))
    junk = world.key_of(row).seal(b"junk", field=f"profile_changes|{row.key}")
    with pytest.raises(GiveUp, match="unreadable"):
        open_value(junk, row.key, world.key_of(row))


def test_no_column_of_a_row_holds_a_value_or_a_name():
    world = Recorder()
    world.apply(identify("ada@example.com", name="Ada Marker", email="ada@example.com"))
    world.apply(identify("m2", at=1, name="Other Marker"))
    for row in world.lake().rows:
        assert b"arker" not in msgspec.msgpack.encode(row)
        assert b"ada" not in msgspec.msgpack.encode(row)


def test_a_mark_that_is_cleared_and_an_event_that_changes_no_trait_are_no_rows():
    world = Recorder()
    world.apply(identify("m1", plan="pro"))
    count = len(world.lake().rows)
    world.store.clear_dirty(world.key("user_id", "ada"), "klaviyo", 1)
    world.apply(event("m2", user="ada"))
    world.apply(identify("m3", at=9, plan="pro"))
    assert len(world.lake().rows) == count


def test_the_same_changes_again_are_the_same_files():
    world = Recorder()
    world.apply(identify("m1", plan="pro"))
    world.clock.advance(HOUR)
    world.apply(identify("m2", at=1, plan="free"))
    first = world.lake()
    world.changes += world.changes
    again = world.lake()
    assert sorted(first.files) == sorted(again.files)
    assert len({key.rpartition("/")[0] for key in first.files}) == 2, "by the hour of the commit"


def test_a_lake_that_does_not_answer_fails_the_batch():
    world = Recorder()
    world.apply(identify("m1", plan="pro"))
    with pytest.raises(RetryLater):
        world.write(MemoryLake(breaks_at=0), world.changes)


def test_a_row_that_the_vault_does_not_open_is_counted_and_the_others_are_written():
    world = Recorder()
    world.apply(identify("m1", plan="pro"))
    broken = RowChange(written_at=NOON, before=None, after=Row(key="k", version=1, state=b"?" * 99))
    lake = MemoryLake()
    written = world.write(lake, [broken, *world.changes])
    assert (written.rows, written.unreadable) == (2, 1)


def test_a_merge_and_an_unmerge_say_who_became_whose():
    world = Recorder()
    world.apply(event("a1", anonymous="phone", kind="identify", traits={"city": "Ulm"}))
    world.clock.advance(10)
    world.apply(event("u1", user="ada", kind="identify", traits={"plan": "pro"}))
    world.clock.advance(10)
    world.apply(event("u2", user="ada", anonymous="phone", at=50))
    world.clock.advance(10)
    world.apply(event("b1", user="bob", anonymous="phone", at=-99))  # an older tie wins the phone
    ada, bob = world.key("user_id", "ada"), world.key("user_id", "bob")
    phone = world.key("anonymous_id", "phone")
    moves = [(row.key, row.change, row.name) for row in world.lake().rows if row.key == phone]
    assert (phone, "merged", ada) in moves
    assert (phone, "moved", bob) in moves
    told = Told(world.lake())
    cities = []
    for at in range(0, 40, 10):
        past = past_of(told, phone, NOON + at)
        cities.append((past.key, sorted(past.traits)))
    assert cities == [
        (phone, ["city"]),
        (phone, ["city"]),
        (ada, ["city", "plan"]),
        (bob, ["city"]),
    ]
    assert sorted(past_of(told, ada, NOON + 30).traits) == ["plan"]
    assert past_of(told, ada, NOON + 9) is None
    assert past_of(told, world.key("user_id", "nobody"), NOON + 30) is None


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["ada", "bob", ""]),
        st.sampled_from(["phone", "tablet", ""]),
        st.sampled_from(["", "a@example.com"]),
        st.sampled_from(["web", "crm"]),
        st.integers(-50, 50),
        st.dictionaries(st.sampled_from(["plan", "city"]), st.integers(0, 2), max_size=2),
    ).filter(lambda step: any(step[:3])),
    min_size=1,
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_at_every_moment_the_history_says_what_a_reader_saw(steps):
    world = Recorder()
    names = [("user_id", "ada"), ("user_id", "bob"), ("email", "a@example.com")]
    names += [("anonymous_id", "phone"), ("anonymous_id", "tablet")]
    seen = []
    for number, (user, anonymous, email, source, at, traits) in enumerate(steps):
        world.clock.advance(1000)
        world.apply(
            event(
                f"m{number}",
                user=user,
                anonymous=anonymous,
                email=email,
                source=source,
                at=at,
                kind="identify",
                traits=traits,
            )
        )
        profiles = {name: world.profile(*name) for name in names}
        seen.append((world.clock.now_ms(), profiles))
    told = Told(world.lake())
    for now, profiles in seen:
        for name, profile in profiles.items():
            past = past_of(told, world.key(*name), now)
            if profile is None:
                assert past is None
                continue
            values = {
                trait: msgspec.json.decode(open_value(row.sealed, row.key, world.key_of(row)).value)
                for trait, row in past.traits.items()
            }
            assert (past.profile_id, values) == (profile.profile_id, profile.traits)
            assert len(past.identifiers) == sum(map(len, profile.identifiers.values()))


def test_what_was_written_of_somebody_who_was_erased_since_opens_no_more():
    world = Recorder()
    world.apply(identify("m1", plan="pro"))
    (row,) = [row for row in world.lake().rows if row.sealed]
    world.subjects.erase([row.subject], since=1, erased_at=NOON)
    assert world.key_of(row) is None
    assert [late.name for late in world.lake().rows if late.sealed] == []
