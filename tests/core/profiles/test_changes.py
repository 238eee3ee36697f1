"""The changes between two states of a row are exactly what a reader could see change."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from millrace.identity.model import Edge
from millrace.profiles.changes import Change, changes_between, moves_between
from millrace.profiles.model import Candidate, Person, Row, Stem
from millrace.profiles.rules import ReadRules

ADA, PHONE = "i#user_id#ada", "i#anonymous_id#phone"
RULES = ReadRules(priorities={"crm": 90, "web": 50})


def a_person(*offers: tuple[str, str, int, Any], stem: str = ADA, keys=(ADA,)) -> Person:
    """Offers are trait, source, time and value; the newest of a source comes last."""
    traits: dict[str, dict[str, tuple[Candidate, ...]]] = {}
    for name, source, at, value in offers:
        candidate = Candidate(at, f"e{at}".encode(), json.dumps(value).encode())
        known = traits.setdefault(name, {}).get(source, ())
        traits[name][source] = (candidate, *known)[:2]
    identifiers = {key: (key.rsplit("#", 1)[1], 1) for key in keys}
    return Person(keys=keys, stems=(Stem(key=stem, identifiers=identifiers, traits=traits),))


def seen(before: Person | None, after: Person | None) -> list[tuple[str, str, Any]]:
    return [
        (change.kind, change.name, change.value) for change in changes_between(before, after, RULES)
    ]


def test_a_first_value_is_set_with_its_source_event_and_stem():
    (known, *_) = changes_between(None, a_person(("plan", "web", 5, "pro")), RULES)[::-1][1:]
    assert known == Change(
        kind="trait_set",
        name="plan",
        source="web",
        stem=ADA,
        event=b"e5",
        event_at=5,
        value=b'"pro"',
    )


def test_another_value_is_a_change():
    before, after = a_person(("plan", "web", 5, "pro")), a_person(("plan", "web", 6, "free"))
    assert seen(before, after) == [("trait_set", "plan", b'"free"')]


def test_the_same_value_again_is_no_change():
    before, after = a_person(("plan", "web", 5, "pro")), a_person(("plan", "web", 6, "pro"))
    assert seen(before, after) == []


def test_a_value_that_loses_is_no_change():
    before = a_person(("plan", "crm", 5, "pro"))
    after = a_person(("plan", "crm", 5, "pro"), ("plan", "web", 9, "free"))
    assert seen(before, after) == []


def test_a_trait_that_nobody_offers_any_more_is_removed():
    before, after = a_person(("plan", "web", 5, "pro"), ("city", "web", 5, "Ulm")), a_person()
    assert seen(before, after) == [
        ("trait_removed", "city", None),
        ("trait_removed", "plan", None),
    ]


def test_an_identifier_that_is_added_names_the_event_that_tied_it():
    before, after = a_person(keys=(ADA,)), a_person(keys=(PHONE, ADA))
    edges = tuple(Edge(at, b"tie", PHONE, ADA, "observed") for at in (7, 9))
    after = msgspec.structs.replace(after, edges=edges, reasons=("", ""))
    (change,) = changes_between(before, after, RULES)
    assert (change.kind, change.name, change.event, change.event_at) == (
        "identifier_added",
        PHONE,
        b"tie",
        7,
    )
    (back,) = changes_between(after, before, RULES)
    assert (back.kind, back.name) == ("identifier_removed", PHONE)


def test_an_identifier_whose_tie_was_refused_was_never_added():
    before, after = a_person(keys=(ADA,)), a_person(keys=(PHONE, ADA))
    refused = msgspec.structs.replace(after, keys=(ADA,))
    assert changes_between(before, refused, RULES) == ()


def test_what_only_the_row_knows_is_no_change():
    before, after = a_person(("plan", "web", 5, "pro")), a_person(("plan", "web", 5, "pro"))
    assert seen(before, msgspec.structs.replace(after, committed_at=99)) == []


@pytest.mark.parametrize(
    ("before", "after", "kind", "name"),
    [
        (None, "bob", "joined", "bob"),
        ("", "bob", "merged", "bob"),
        ("eve", "bob", "moved", "bob"),
        ("bob", "", "unmerged", "bob"),
    ],
)
def test_a_name_that_leads_elsewhere_says_to_whom_or_from_whom(before, after, kind, name):
    rows = [None if to is None else Row(key=ADA, version=1, to=to) for to in (before, after)]
    (change,) = moves_between(*rows)
    assert (change.kind, change.name) == (kind, name)


@pytest.mark.parametrize("to", [None, "", "bob"])
def test_a_name_that_stays_where_it_is_has_not_moved(to):
    row = None if to is None else Row(key=ADA, version=1, to=to)
    assert moves_between(row, row) == ()
    assert moves_between(row, None) == ()
