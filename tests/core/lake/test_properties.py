"""The planned properties as a column: what they are, and who must not stand in them."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.event_reference import LAKE, definitions, lake_refusals, lake_text
from millrace.adapters.lake import schema_of
from millrace.events import Event, Identifier
from millrace.events.columns import columns_of
from millrace.events.upcasting import as_newest
from millrace.lake import EVENTS as EVENTS_TABLE
from millrace.lake.kinds import changes, joined, read_kind
from millrace.lake.properties import PROPERTY_FIELDS, names_somebody, shown_properties

ADA = Identifier("email", "ada@example.com")
LOGIN = Identifier("user_id", "login-1815")
EVENTS = definitions()
MARK = "planted-7"
PARQUET = schema_of(EVENTS_TABLE).field("properties").type


def sent(name: str, properties: dict, **changes) -> Event:
    return Event(
        message_id="m-1",
        type=changes.pop("type", "track"),
        source="website",
        event_at=1,
        received_at=1,
        anchor=ADA,
        identifiers=(ADA, LOGIN, Identifier("anonymous_id", "42")),
        name=name,
        properties=properties,
        **changes,
    )


def test_the_fields_are_those_that_are_checked_in_and_none_was_lost_or_changed():
    assert list(lake_refusals(json.loads(LAKE.read_text()), dict(PROPERTY_FIELDS))) == []
    assert LAKE.read_text() == lake_text(), "run `python -m infra.event_reference`"


def test_their_number_is_bounded_by_the_plan():
    planned = {column.name for event in EVENTS for column in columns_of(event)}
    assert {name for name, _ in PROPERTY_FIELDS} <= planned
    assert len(planned) < 400


def test_every_planned_property_is_there_and_what_names_people_is_not():
    for event in EVENTS:
        shown = shown_properties(sent(event.name, event.example, context={}))
        personal = {column.name for column in columns_of(event) if column.is_sealed}
        assert shown.keys() == {name for name in event.example if name not in personal}, event.name
        pa.array([shown], type=PARQUET)


def test_what_is_marked_as_a_persons_never_shows():
    for event in EVENTS:
        personal = [column.name for column in columns_of(event) if column.is_sealed]
        marked = event.example | dict.fromkeys(personal, MARK)
        assert MARK not in json.dumps(shown_properties(sent(event.name, marked))), event.name


def test_a_page_of_a_product_is_not_shown():
    product = {"product_id": 7, "url": f"https://shop.example/?who={MARK}", "price": "9.5"}
    shown = shown_properties(sent("Cart Viewed", {"products": [product]}))
    (row,) = shown["products"]
    assert (row["product_id"], row["price"]) == ("7", 9.5)
    assert "url" not in row


@pytest.mark.parametrize(
    "text",
    [
        "ada@example.com",
        "for ADA@example.com only",
        "LOGIN-1815",
        "of login-1815",
        "42",
        "+441632960000",
    ],
)
def test_a_person_in_a_planned_property_is_not_shown(text):
    assert shown_properties(sent("Order Completed", {"order_id": "o-1", "coupon": text})) == {
        "order_id": "o-1"
    }


@pytest.mark.parametrize("text", ["o-4211", "SUMMER", "login", "+100"])
def test_what_only_looks_a_little_like_a_person_is_shown(text):
    assert not names_somebody(text, sent("Order Completed", {}))


@pytest.mark.parametrize(
    ("properties", "shown"),
    [
        ({"total": "12.50", "order_id": 17}, {"total": 12.5, "order_id": "17"}),
        ({"total": "a lot", "order_id": "17"}, {"order_id": "17"}),
        ({"total": "Infinity", "tax": 10**400, "order_id": "17"}, {"order_id": "17"}),
        ({"order_id": {"$": 1}, "products": [3]}, {}),
        ({"order_id": "17", "unplanned": "x", "__proto__": 1}, {"order_id": "17"}),
    ],
)
def test_a_value_that_is_not_as_planned_is_null(properties, shown):
    assert shown_properties(sent("Order Completed", properties)) == shown


def test_an_unplanned_event_and_a_page_show_nothing():
    assert shown_properties(sent("Order Compleated", {"order_id": "17"})) == {}
    assert shown_properties(sent("Order Completed", {"order_id": "17"}, type="page")) == {}


def test_an_older_version_is_shown_as_the_newest():
    assert shown_properties(
        as_newest(sent("Satisfaction Rated", {"ticket_id": 1, "score": "good"}))
    ) == {
        "ticket_id": "1",
        "score": "5",
    }


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)


@settings(max_examples=60)
@given(st.data())
def test_whatever_was_sent_parquet_takes_it(data):
    event = data.draw(st.sampled_from(EVENTS))
    names = st.sampled_from(event.properties.__struct_fields__)
    values = event.example | data.draw(st.dictionaries(names, junk, max_size=4))
    shown = shown_properties(sent(event.name, values))
    pa.array([shown], type=PARQUET)


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("string", "string", ""),
        ("array<struct<a:string>>", "array<struct<b:bigint,a:string>>", ""),
        ("bigint", "string", "was bigint and is now string"),
        ("array<struct<a:string>>", "array<struct<b:string>>", "lost `a`"),
        ("struct<a:double>", "struct<a:bigint>", "`a` in it was double and is now bigint"),
    ],
)
def test_a_column_whose_files_could_not_be_read_any_more_is_told(before, after, says):
    assert changes(before, after) == says


def test_a_lost_field_is_refused_by_name():
    fields = dict(PROPERTY_FIELDS)
    (sentence,) = lake_refusals({**fields, "colour": "string"}, fields)
    assert sentence.startswith("the lake's `properties.colour` was removed")


def test_kinds_are_read_and_joined():
    kind = read_kind("array<struct<a:string,b:array<bigint>>>")
    assert [name for name, _ in kind.parts[0][1].parts] == ["a", "b"]
    assert (joined({"bigint"}), joined({"bigint", "double"})) == ("bigint", "double")
    assert joined({"bigint", "string"}) == "string"
