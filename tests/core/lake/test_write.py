"""What a batch of the events stream becomes in the lake."""

from __future__ import annotations

import json
from functools import partial

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from millrace.errors import GiveUp, NeedsHuman, RetryLater
from millrace.events import Envelope, Event, Identifier, seal_envelope
from millrace.lake import EVENT_COLUMNS, Row, open_event, write_batch
from millrace.privacy.grants import is_grant
from millrace.settings import ConsentSettings
from tests.fakes.lake import MemoryLake
from tests.fakes.subjects import MemorySubjects
from tests.fakes.vault import MemoryVault

NOON = 1_795_348_800_000  # 2026-11-22T12:00:00Z
HOUR = 3_600_000
EMAIL = "ada@example.com"

CONSENT = ConsentSettings(trusted_sources=["web", "website", "shop", "tracking"])


def an_event(number: int = 1, **changes) -> Event:
    anchor = Identifier("user_id", f"user-{number % 3}")
    return msgspec.structs.replace(
        Event(
            message_id=f"message-{number}",
            type="track",
            source="website",
            event_at=NOON - 1000,
            received_at=NOON,
            anchor=anchor,
            identifiers=(anchor, Identifier("email", EMAIL)),
            name="Order Completed",
            traits={"email": EMAIL},
            properties={"revenue": 12.5, "currency": "eur", "note": f"ring {EMAIL}"},
            context={"ip": "203.0.113.7"},
        ),
        **changes,
    )


def records(*batches: list[Event]) -> list[bytes]:
    return [seal_envelope(Envelope(events=tuple(batch)), MemoryVault()) for batch in batches]


SUBJECTS = MemorySubjects()
VAULT = MemoryVault()


def write(batch, lake, *, vault=VAULT, subjects=SUBJECTS):
    grants = partial(is_grant, rules=CONSENT)
    return write_batch(
        batch, vault=vault, subjects=subjects, lake=lake, grants=grants, consent=CONSENT
    )


def written(*batches: list[Event], subjects: MemorySubjects = SUBJECTS) -> MemoryLake:
    lake = MemoryLake()
    write(records(*batches), lake, subjects=subjects)
    return lake


def subject_of(one: Identifier, subjects: MemorySubjects = SUBJECTS):
    return subjects.items[f"i#{one.kind}#{VAULT.token(one.kind, one.value)}"]


def test_the_row_has_the_declared_columns_in_order():
    assert Row.__struct_fields__ == tuple(name for name, _ in EVENT_COLUMNS)


def test_an_event_becomes_a_row_that_opens_to_the_same_event():
    event = an_event()
    (row,) = written([event]).rows
    assert (row.source, row.type, row.event) == ("website", "track", "Order Completed")
    assert (row.event_at, row.received_at) == (NOON - 1000, NOON)
    assert (row.revenue, row.currency) == (12.5, "EUR")
    assert row.properties == {"revenue": 12.5, "currency": "eur"}
    subject = subject_of(event.anchor)
    assert row.subject == subject.pseudonym
    assert subject.stem.rpartition("#")[2] not in row.subject
    assert open_event(row.sealed, subject.key) == event


def test_what_an_operator_asked_for_is_a_row_of_its_own_type():
    asked = {"a": "user_id:user-1", "b": f"email:{EMAIL}", "reason": "ticket 4711"}
    event = an_event(
        1, type="operation", name="identity.block", source="operator", properties=asked
    )
    (row,) = written([event]).rows
    assert (row.type, row.event, row.source) == ("operation", "identity.block", "operator")
    assert row.revenue is None
    assert EMAIL.encode() not in msgspec.json.encode(row)


def test_no_column_names_the_person():
    event = an_event(message_id=EMAIL, name=f"Mail to {EMAIL}", anchor=Identifier("email", EMAIL))
    (row,) = written([event]).rows
    clear = json.dumps([str(getattr(row, name)) for name in Row.__struct_fields__])
    for secret in (EMAIL, "ada", "203.0.113.7"):
        assert secret not in clear
    assert open_event(row.sealed, subject_of(event.anchor).key).name == f"Mail to {EMAIL}"


def test_a_batch_becomes_one_file_for_each_hour_of_receipt():
    lake = written([an_event(1), an_event(2, received_at=NOON + HOUR)], [an_event(3)])
    folders = sorted(key.rpartition("/")[0] for key in lake.files)
    assert folders == ["events/day=2026-11-22/hour=12", "events/day=2026-11-22/hour=13"]
    assert sorted(len(rows) for rows in lake.files.values()) == [1, 2]


def test_an_event_that_is_twice_in_a_batch_is_one_row():
    assert len(written([an_event(1)], [an_event(1), an_event(2)]).rows) == 2


def test_the_same_message_id_from_two_sources_is_two_rows():
    assert len(written([an_event(1), an_event(1, source="server")]).rows) == 2


def test_a_retried_batch_replaces_its_own_files():
    lake = MemoryLake(breaks_at=1)
    batch = records([an_event(n, received_at=NOON + n * HOUR) for n in range(3)])
    with pytest.raises(RetryLater, match="lake_unavailable"):
        write(batch, lake)
    write(batch, lake)
    assert len(lake.files) == 3
    assert len({row.event_id for row in lake.rows}) == len(lake.rows) == 3


@given(st.lists(st.integers(0, 20), min_size=1, max_size=40), st.randoms())
def test_file_names_and_rows_do_not_depend_on_order_or_repeats(numbers, random):
    shuffled = numbers + random.sample(numbers, len(numbers) // 2)
    random.shuffle(shuffled)
    one = written([an_event(n) for n in sorted(set(numbers))])
    other = written([an_event(n) for n in shuffled])
    assert {key: [row.event_id for row in rows] for key, rows in one.files.items()} == {
        key: [row.event_id for row in rows] for key, rows in other.files.items()
    }


def test_unreadable_records_are_reported_and_the_others_written():
    lake = MemoryLake()
    good = records([an_event()])
    result = write([b"junk", *good, good[0][:-1]], lake)
    assert (result.rows, result.files, result.unreadable) == (1, 1, 2)


def test_a_vault_that_needs_a_person_is_not_an_unreadable_record():
    class RefusedVault(MemoryVault):
        def open(self, sealed, *, context):
            raise NeedsHuman("vault_refused", "KMS refused")

    with pytest.raises(NeedsHuman):
        write(records([an_event()]), MemoryLake(), vault=RefusedVault())


@pytest.mark.parametrize(
    ("revenue", "expected"),
    [
        (7, 7.0),
        ("19.90", 19.9),
        (True, None),
        ("NaN", None),
        ("1e999", None),
        (10**400, None),
        ("twelve", None),
        ({"amount": 1}, None),
        (None, None),
    ],
)
def test_revenue_is_a_finite_number_or_nothing(revenue, expected):
    (row,) = written([an_event(properties={"revenue": revenue})]).rows
    assert row.revenue == expected


@pytest.mark.parametrize("currency", ["euro", "E1R", "", 978, ["EUR"], EMAIL])
def test_a_currency_that_is_no_code_stays_out(currency):
    (row,) = written([an_event(properties={"currency": currency})]).rows
    assert row.currency is None


def test_what_is_no_row_of_this_subject_does_not_open():
    key = SUBJECTS.keys(["i#user_id#x"])["i#user_id#x"].key
    with pytest.raises(GiveUp):
        open_event(key.seal(b"x", field="stem"), key)
    with pytest.raises(GiveUp, match="unreadable_row"):
        open_event(key.seal(b"not compressed", field="event"), key)


def erased(*identifiers: Identifier, at: int = NOON) -> MemorySubjects:
    subjects = MemorySubjects()
    stems = [f"i#{one.kind}#{VAULT.token(one.kind, one.value)}" for one in identifiers]
    subjects.keys(stems)
    subjects.erase(stems, since=1, erased_at=at)
    return subjects


GRANTED = {
    "event_at": NOON + 1,
    "name": "Segment Consent Preference Updated",
    "context": {"consent": {"categoryPreferences": {"analytics": True}}},
}


@pytest.mark.parametrize("name", ["anchor", "email"])
def test_no_row_is_written_of_what_came_before_an_erasure_of_anybody_it_names(name):
    event = an_event(1, received_at=NOON)
    gone = event.anchor if name == "anchor" else Identifier("email", EMAIL)
    assert written([event], subjects=erased(gone)).rows == []
    late = an_event(1, received_at=NOON + 1)
    assert written([late], subjects=erased(gone)).rows == []


def test_a_fresh_consent_starts_new_rows_under_another_pseudonym():
    both = an_event(1).anchor, Identifier("email", EMAIL)
    subjects = erased(*both)
    before = MemorySubjects().made(subject_of(both[0], subjects).stem, 1, 0)
    (row, after) = written(
        [
            an_event(4, received_at=NOON + 5),
            an_event(1, received_at=NOON + 2, **GRANTED),
            an_event(7, received_at=NOON + 1),
        ],
        subjects=subjects,
    ).rows
    assert {row.received_at, after.received_at} == {NOON + 2, NOON + 5}
    assert row.subject == after.subject != before.pseudonym
    with pytest.raises(GiveUp):
        open_event(row.sealed, before.key)


def test_a_consent_from_before_an_erasure_that_comes_after_it_starts_no_rows():
    subjects = erased(an_event(1).anchor)
    late = an_event(1, received_at=NOON + 2, **(GRANTED | {"event_at": NOON}))
    assert written([late], subjects=subjects).rows == []
    assert len(written([an_event(1, received_at=NOON + 2, **GRANTED)], subjects=subjects).rows) == 1


def test_after_an_erasure_nothing_in_the_lake_leads_back_to_the_person():
    subjects = MemorySubjects()
    (row,) = written([an_event(1)], subjects=subjects).rows
    subjects.erase(list(subjects.items), since=1, erased_at=NOON)
    assert row.subject not in {subject.pseudonym for subject in subjects.everyone()}
    assert all(subject.key is None for subject in subjects.everyone())


def refusing(**changes):
    context = {"consent": {"categoryPreferences": {"analytics": False}}, "ip": "192.0.2.7"}
    return msgspec.structs.replace(an_event(), **{"context": context, **changes})


def opened(lake):
    key = subject_of(an_event().anchor).key
    return [open_event(row.sealed, key) for row in lake.rows]


def test_of_behaviour_that_refuses_analytics_only_the_refusal_is_kept():
    lake = written([refusing(properties={"revenue": 9, "currency": "EUR", "note": "secret"})])
    (row,) = lake.rows
    assert (row.event, row.revenue, row.currency) == ("(withheld)", None, None)
    (kept,) = opened(lake)
    assert (kept.properties, kept.traits) == ({}, {})
    assert kept.context == {"consent": {"categoryPreferences": {"analytics": False}}}
    assert kept.message_id == an_event().message_id, "a rebuild has to know that it came"


def test_decisions_traits_and_everybody_elses_behaviour_are_kept_whole():
    decision = refusing(message_id="m2", name="Unsubscribed", properties={"list_id": "4"})
    traits = refusing(message_id="m3", type="identify", traits={"plan": "pro"})
    events = [decision, traits, an_event()]
    assert {one.message_id: one for one in opened(written(events))} == {
        one.message_id: one for one in events
    }
