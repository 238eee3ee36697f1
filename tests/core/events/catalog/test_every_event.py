"""What holds for every event of the catalogue: a new file is tested because it is there."""

import copy
import re
import string
from pathlib import Path

import jsonschema
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.event_reference import definitions
from millrace.events import Event, Identifier, catalog
from millrace.events.annotations import bare, marks, pii_of
from millrace.events.columns import columns_of
from millrace.events.definition import EventDefinition, NotPii
from millrace.events.plan import Plan, validate
from millrace.events.schema import (
    description_of,
    property_schema,
    registry_text,
    schema_of,
    schema_text,
)
from millrace.events.upcasting import read_as_newest
from millrace.events.verdicts import COERCED

EVENTS = definitions()
PLAN = Plan.of_catalogue()
SMALL_WORDS = {"to", "from", "as", "of", "in", "by", "for"}
SOUNDS_PERSONAL = re.compile(
    r"(^|_)(e?mail|phone|mobile|name|username|address|street|city|zip|postcode|birthday|age|"
    r"gender|ip|body|message|comment|recipient|inviter|invitee|agent|password|subject)(_|$)"
)
ALLOWED = {"__future__", "typing", "msgspec", "datetime", "re"}
ROLES = {"invitee_role"}
TOLD_APART = {
    "position": "a place on the page has a name, a place in a list has a number",
    "reason": "a shop's words on a coupon name nobody, a mail server's or a customer's may",
}
BOB = Identifier("user_id", "bob")
MARKER = "planted-marker@example.com"

each_event = pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.module)
VERSIONS = [(event, version) for event in EVENTS for version in event.versions()]
each_version = pytest.mark.parametrize(
    ("event", "version"),
    VERSIONS,
    ids=[f"{event.module}.v{version}" for event, version in VERSIONS],
)


def example_of(event: EventDefinition, version):
    examples = {each.version: each.example for each in event.older}
    return copy.deepcopy(examples.get(version, event.example))


def sent(event, properties, version=None):
    context = {} if version is None else {"protocols": {"event_version": version}}
    return Event(
        message_id="m1",
        type="track",
        name=event.name,
        source="website",
        event_at=1,
        received_at=2,
        anchor=BOB,
        identifiers=(BOB,),
        properties=properties,
        context=context,
    )


def fields_of(shape):
    """Every field of a shape and of the objects in it."""
    for field in msgspec.structs.fields(shape):
        yield field
        inner = bare(field.type)
        inside = getattr(inner, "__args__", (inner,))
        for each in inside:
            if isinstance(each, type) and issubclass(each, msgspec.Struct):
                yield from fields_of(each)


def test_there_are_enough_of_them():
    assert len(EVENTS) >= 40
    assert {event.vocabulary for event in EVENTS} == {
        "e-commerce",
        "e-mail",
        "lifecycle",
        "support",
    }


def test_no_two_share_a_name():
    assert len({event.name for event in EVENTS}) == len(EVENTS)


@each_event
def test_its_name_is_in_title_case_and_names_its_file(event):
    words = event.name.split(" ")
    assert words[0] not in SMALL_WORDS
    for word in words:
        assert word in SMALL_WORDS or re.fullmatch(r"[A-Z][A-Za-z0-9]*(-[A-Z][a-z]+)*", word), word
    assert PLAN.find(event.name) == event


@each_event
def test_its_file_is_short_and_imports_no_other_definition(event):
    text = (Path(catalog.__path__[0]) / f"{event.module}.py").read_text()
    assert len(text.splitlines()) <= 100
    imported = set(re.findall(r"^(?:from|import) ([\w.]+)", text, re.MULTILINE))
    ours = "millrace.events.definition", "millrace.events.vocabulary."
    assert [name for name in imported - ALLOWED if not name.startswith(ours)] == []


@each_event
def test_it_says_when_it_happens(event):
    assert re.fullmatch(r"[A-Z].{10,}\.", event.says)


@each_event
def test_its_versions_lead_from_the_first_to_the_newest(event):
    assert list(event.versions()) == list(range(1, event.version + 1))


@each_version
def test_its_example_is_valid(event, version):
    example = example_of(event, version)
    verdict = validate(PLAN, sent(event, example))
    assert (verdict.status, verdict.version, verdict.violations) == ("valid", version, ())
    assert COERCED not in verdict.flags
    jsonschema.validate(example, schema_of(event, version))


@each_version
def test_its_example_shows_that_every_property_name_is_known(event, version):
    assert set(example_of(event, version)) <= set(event.versions()[version].__struct_fields__)


@each_version
def test_every_field_is_documented(event, version):
    silent = [
        field.name
        for field in fields_of(event.versions()[version])
        if not description_of(field.type).endswith(".")
    ]
    assert silent == []


@each_version
def test_every_field_that_sounds_personal_is_decided_upon(event, version):
    undecided = [
        field.name
        for field in fields_of(event.versions()[version])
        if SOUNDS_PERSONAL.search(field.name)
        and field.name not in ROLES
        and not pii_of(field.type)
        and not any(isinstance(mark, NotPii) for mark in marks(field.type))
    ]
    assert undecided == [], "mark it with Pii(...), or with NotPii and why"


@each_version
def test_its_schema_is_json_schema(event, version):
    schema = schema_of(event, version)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema_text(schema) == schema_text(schema_of(event, version))
    draft7 = msgspec.json.decode(registry_text(schema))
    jsonschema.Draft7Validator.check_schema(draft7)
    jsonschema.Draft7Validator(draft7).validate(example_of(event, version))


@each_version
def test_every_wrong_property_is_found_at_its_pointer(event, version):
    """An object fits nowhere in the catalogue's own fields."""
    names = event.versions()[version].__struct_fields__
    wrong = {name: {"no": MARKER} for name in names}
    verdict = validate(PLAN, sent(event, wrong, version))
    assert verdict.status == "invalid"
    assert {each.pointer for each in verdict.violations} == {
        f"/properties/{name}" for name in names
    }
    assert MARKER not in repr(verdict)


@each_version
def test_every_missing_required_property_is_found(event, version):
    required = schema_of(event, version).get("required", [])
    verdict = validate(PLAN, sent(event, {}, version))
    assert {each.pointer for each in verdict.violations} == {
        f"/properties/{one}" for one in required
    }
    assert {each.code for each in verdict.violations} <= {"missing_property"}


@each_event
def test_no_column_holds_personal_data_in_clear(event):
    assert all(column.type == "binary" for column in columns_of(event) if column.is_sealed)
    schema = schema_of(event)
    personal = {name for name, part in schema["properties"].items() if "x-pii" in part}
    assert {column.name for column in columns_of(event) if column.is_sealed} == personal


def test_one_column_name_has_one_type_in_the_whole_catalogue():
    types = {}
    for event in EVENTS:
        for column in columns_of(event):
            types.setdefault(column.name, set()).add(column.type)
    assert {name for name, kinds in types.items() if len(kinds) > 1} == set(TOLD_APART)


@each_event
def test_upcasting_never_fails_and_keeps_what_it_does_not_know(event):
    for older in event.older:
        for junk in ({}, {name: {"a": [None]} for name in older.properties.__struct_fields__}):
            before = copy.deepcopy(junk)
            assert isinstance(older.upcast(junk), dict)
            assert junk == before
        assert older.upcast({"mine": 1})["mine"] == 1
        newest = read_as_newest(sent(event, older.example, older.version), PLAN)
        assert validate(PLAN, sent(event, newest.properties, event.version)).status == "valid"


values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(string.printable, max_size=5),
    st.sampled_from(["5", "5.5", "EUR", "hard", "good", "NaN", "Infinity", "1e999", "true"]),
    st.lists(st.none() | st.integers() | st.text(max_size=3), max_size=2),
    st.dictionaries(
        st.sampled_from(["product_id", "price", "x"]), st.integers() | st.text(max_size=3)
    ),
)


@settings(max_examples=300)
@given(st.data())
def test_plan_and_schema_agree(data):
    """Our verdict against jsonschema's, on examples with some properties changed."""
    event, version = data.draw(st.sampled_from(VERSIONS))
    example = example_of(event, version)
    names = st.sampled_from(event.versions()[version].__struct_fields__)
    example |= data.draw(st.dictionaries(names, values, max_size=3))
    verdict = validate(PLAN, sent(event, example, version))
    is_valid = jsonschema.Draft202012Validator(schema_of(event, version)).is_valid(example)
    if is_valid:
        assert verdict.status == "valid"
    elif verdict.status == "valid":
        assert COERCED in verdict.flags
    else:
        assert verdict.violations


def test_every_property_has_a_glue_type_and_a_schema():
    for event in EVENTS:
        for field in msgspec.structs.fields(event.properties):
            assert property_schema(field.type)
        assert len(columns_of(event)) == len(event.properties.__struct_fields__)
