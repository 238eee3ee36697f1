"""The rows of `profile_changes`: sealed, once, and enough to say what a reader saw and when."""

from __future__ import annotations

from collections import Counter

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from millrace.errors import GiveUp, RetryLater
from millrace.lake import PROFILE_CHANGES, ChangeRow, RowChange, open_value, write_changes
from millrace.lake.history import past_of
from millrace.lake.rollback import past_values
from millrace.lake.rows import to_row
from millrace.profiles.keyring import Keyring
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

    def called(self, kind, value):
        """What the lake calls an identifier."""
        return self.subjects.items[self.key(kind, value)].pseudonym

    def id_of(self, one):
        """The id of an event in the lake's `events`."""
        anchor = self.key(one.anchor.kind, one.anchor.value)
        return to_row(one, self.subjects.items[anchor]).event_id

    def subject(self, pseudonym):
        found = (each for each in self.subjects.everyone() if each.pseudonym == pseudonym)
        return next(found, None)

    def value(self, row):
        return open_value(row.sealed, row.person, self.subject(row.subject).key)

    def lake(self) -> MemoryLake:
        lake = MemoryLake()
        self.write(lake, self.changes)
        return lake


class Told:
    """`History` over the rows of a lake in memory."""

    def __init__(self, lake: MemoryLake) -> None:
        self._rows = lake.rows

    def rows(self, people, until):
        return [row for row in self._rows if row.person in people]


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
    assert row.event_id == world.id_of(one), "as in `events`"
    assert row.person == world.called("user_id", "ada")
    opened = world.value(row)
    assert (opened.value, opened.event) == (b'"pro"', world.fact(one).id)


def test_a_value_opens_only_as_that_of_its_own_row():
    world = Recorder()
    world.apply(identify("m1", plan="pro"))
    (row,) = [row for row in world.lake().rows if row.sealed]
    key = world.subject(row.subject).key
    with pytest.raises(GiveUp, match="unreadable"):
        open_value(row.sealed, "somebody else", key)
    junk = key.seal(b"junk", field=f"profile_changes|{row.person}")
    with pytest.raises(GiveUp, match="unreadable"):
        open_value(junk, row.person, key)


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
    told = Told(world.lake())
    ada, bob = world.called("user_id", "ada"), world.called("user_id", "bob")
    phone = world.called("anonymous_id", "phone")
    moves = [(row.change, row.name, row.kind) for row in told.rows([phone], 0)]
    assert ("merged", ada, "user_id") in moves
    assert ("moved", bob, "user_id") in moves
    cities = []
    for at in range(0, 40, 10):
        past = past_of(told, phone, NOON + at)
        cities.append((past.person, sorted(past.traits)))
    assert cities == [
        (phone, ["city"]),
        (phone, ["city"]),
        (ada, ["city", "plan"]),
        (bob, ["city"]),
    ]
    assert sorted(past_of(told, ada, NOON + 30).traits) == ["plan"]
    assert past_of(told, ada, NOON + 9) is None
    assert past_of(told, "nobody", NOON + 30) is None
    assert past_of(told, "", NOON + 30) is None


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
    seen, ids = [], set()
    for number, (user, anonymous, email, source, at, traits) in enumerate(steps):
        world.clock.advance(1000)
        one = event(
            f"m{number}",
            user=user,
            anonymous=anonymous,
            email=email,
            source=source,
            at=at,
            kind="identify",
            traits=traits,
        )
        world.apply(one)
        ids.add(world.id_of(one))
        profiles = {name: world.profile(*name) for name in names}
        seen.append((world.clock.now_ms(), profiles))
    told = Told(lake := world.lake())
    assert {row.event_id for row in lake.rows if row.event_at} <= ids, "the tables join"
    for now, profiles in seen:
        for name, profile in profiles.items():
            subject = world.subjects.items.get(world.key(*name))
            past = past_of(told, subject.pseudonym if subject else "", now)
            if profile is None:
                assert past is None
                continue
            values = {
                trait: msgspec.json.decode(world.value(row).value)
                for trait, row in past.traits.items()
            }
            assert (world.subject(past.person).stem, values) == (profile.key, profile.traits)
            kinds = {kind: len(values) for kind, values in profile.identifiers.items()}
            assert Counter(past.identifiers.values()) == kinds


def test_no_column_is_made_of_an_identifier_though_the_look_up_key_is_known():
    world = Recorder()
    world.apply(identify("m1", plan="pro"))
    world.apply(event("m2", user="ada", anonymous="phone", email="ada@example.com"))
    names = [("user_id", "ada"), ("anonymous_id", "phone"), ("email", "ada@example.com")]
    tokens = {world.vault.token(*name) for name in names}
    lake = world.lake()
    told = {row.name for row in lake.rows if row.kind}
    assert told >= {world.called(*name) for name in names}
    for place, rows in lake.files.items():
        for row in rows:
            shown = f"{place} {row}"
            assert not [token for token in tokens if token in shown]


def test_a_trait_that_is_named_after_somebody_is_named_in_the_seal_only():
    world = Recorder()
    for at, value in enumerate(("friend", "foe")):
        world.apply(identify(f"m{at}", at=at, **{"bob@example.com": value}))
    lake = world.lake()
    assert "bob@" not in repr(lake.rows)
    past = past_of(Told(lake), world.called("user_id", "ada"), NOON)
    (row,) = past.traits.values()
    assert (world.value(row).name, world.value(row).value) == ("bob@example.com", b'"foe"')
    person = world.person(world.key("user_id", "ada"))
    keyring = Keyring(world.subjects.read)
    given = past_values(Told(lake), person, NOON, keyring)
    assert {(one.trait, one.candidate.value) for one in given} == {
        ("bob@example.com", b'"friend"'),
        ("bob@example.com", b'"foe"'),
    }


def test_of_whoever_is_erased_by_now_nothing_is_written():
    world = Recorder()
    world.apply(identify("m1", plan="pro"))
    world.apply(event("m2", user="bob"))
    world.subjects.erase([world.key("user_id", "ada")], since=1, erased_at=NOON)
    assert {row.person for row in world.lake().rows} == {world.called("user_id", "bob")}


def test_what_was_before_an_erasure_is_not_written_of_who_starts_anew():
    world = Recorder()
    world.apply(identify("m1", plan="pro"))
    ada = world.key("user_id", "ada")
    world.subjects.erase([ada], since=1, erased_at=NOON + 5)
    world.subjects.renew(world.subjects.items[ada], NOON + 5)
    assert world.lake().rows == []


def test_an_erased_persons_events_in_somebody_elses_history_open_no_more_and_name_nobody():
    """The phone was ada's, is bob's; bob's history stays whole, but for who was there."""
    world = Recorder()
    world.apply(identify("b1", user="bob", plan="basic"))
    world.apply(event("p1", anonymous="phone", kind="identify", traits={"city": "Ulm"}))
    world.clock.advance(10)
    world.apply(event("b2", user="bob", anonymous="phone", at=50))
    together = world.clock.now_ms()
    world.clock.advance(10)
    world.apply(event("a1", user="ada", anonymous="phone", at=-99))  # an older tie wins the phone
    told = Told(world.lake())
    bob = world.called("user_id", "bob")
    before = past_of(told, bob, together)
    assert {name: world.value(row).value for name, row in before.traits.items()} == {
        "plan": b'"basic"',
        "city": b'"Ulm"',
    }
    gone = [world.key("user_id", "ada"), world.key("anonymous_id", "phone")]
    world.subjects.erase(gone, since=1, erased_at=world.clock.now_ms())
    after = past_of(told, bob, together)
    assert after == before
    assert world.value(after.traits["plan"]).value == b'"basic"'
    assert world.subject(after.traits["city"].subject) is None
    late = past_of(Told(world.lake()), bob, world.clock.now_ms())
    assert {name: bool(row.sealed) for name, row in late.traits.items()} == {"plan": True}
