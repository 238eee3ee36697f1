import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.event_reference import checked_in
from millrace.events.schema_diff import breaches

BEFORE = {
    "type": "object",
    "properties": {
        "order_id": {"type": ["string", "integer"]},
        "total": {"type": ["number", "null"], "minimum": 0, "maximum": 100},
        "count": {"type": "integer"},
        "kind": {"enum": ["hard", "soft", None]},
        "code": {"type": "string", "pattern": "^[a-z]+$", "maxLength": 5},
        "email": {"type": "string", "x-pii": "email"},
        "products": {"type": ["array", "null"], "items": {"$ref": "#/$defs/Product"}},
        "owner": {"anyOf": [{"$ref": "#/$defs/Product"}, {"type": "null"}]},
        "anything": {},
    },
    "required": ["order_id"],
    "$defs": {"Product": {"type": "object", "properties": {"sku": {"type": ["string", "null"]}}}},
}


def after(change):
    schema = copy.deepcopy(BEFORE)
    change(schema, schema["properties"])
    return schema


BREAKING = {
    "a_field_removed": (
        lambda s, p: p.pop("count"),
        "`count` was removed: give the event a new version, or keep the field",
    ),
    "an_optional_field_required": (
        lambda s, p: s["required"].append("total"),
        "`total` became required: give the event a new version, or keep it optional",
    ),
    "a_new_field_required": (
        lambda s, p: (p.update(new={"type": "string"}), s["required"].append("new")),
        "`new` became required: give the event a new version, or keep it optional",
    ),
    "a_type_narrowed": (
        lambda s, p: p["order_id"].update(type="string"),
        "`order_id` may no longer be integer: give the event a new version",
    ),
    "null_refused": (
        lambda s, p: p["total"].update(type="number"),
        "`total` may no longer be null: give the event a new version",
    ),
    "another_type": (
        lambda s, p: p["count"].update(type="string"),
        "`count` may no longer be integer: give the event a new version",
    ),
    "a_number_made_whole": (
        lambda s, p: p["total"].update(type=["integer", "null"]),
        "`total` may no longer be number: give the event a new version",
    ),
    "an_enum_shrunk": (
        lambda s, p: p["kind"].update(enum=["hard", None]),
        "`kind` may no longer be soft: give the event a new version",
    ),
    "an_enum_where_none_was": (
        lambda s, p: p["code"].update(enum=["a"]),
        "`code` may no longer be any other value: give the event a new version",
    ),
    "an_enum_made_a_number": (
        lambda s, p: p.update(kind={"type": ["number", "null"]}),
        "`kind` may no longer be string: give the event a new version",
    ),
    "a_higher_minimum": (
        lambda s, p: p["total"].update(minimum=1),
        "`total` has a higher minimum, 1: give the event a new version",
    ),
    "a_lower_maximum": (
        lambda s, p: p["total"].update(maximum=99),
        "`total` has a lower maximum, 99: give the event a new version",
    ),
    "a_limit_where_none_was": (
        lambda s, p: p["count"].update(maximum=10**9),
        "`count` has a lower maximum, 1000000000: give the event a new version",
    ),
    "a_shorter_text": (
        lambda s, p: p["code"].update(maxLength=4),
        "`code` has a lower maxLength, 4: give the event a new version",
    ),
    "another_pattern": (
        lambda s, p: p["code"].update(pattern="^[a-f]+$"),
        "`code` has another pattern: give the event a new version",
    ),
    "a_type_where_any_was": (
        lambda s, p: p["anything"].update(type=["string", "number", "null", "array", "object"]),
        "`anything` may no longer be boolean: give the event a new version",
    ),
    "items_limited": (
        lambda s, p: p["anything"].update(items={"type": "string"}),
        "`anything` limits its items now: give the event a new version",
    ),
    "personal_data_unmarked": (
        lambda s, p: p["email"].pop("x-pii"),
        "`email` is no longer marked as a person's data: give the event a new version",
    ),
}
INSIDE = {
    "removed": (lambda product: product["properties"].pop("sku"), "sku` was removed"),
    "narrowed": (
        lambda product: product["properties"]["sku"].update(type="string"),
        "sku` may no longer be null",
    ),
    "required": (lambda product: product.update(required=["sku"]), "sku` became required"),
}
HARMLESS = {
    "nothing": lambda s, p: None,
    "an_optional_field_added": lambda s, p: p.update(new={"type": "string"}),
    "a_description": lambda s, p: p["count"].update(description="How many."),
    "a_required_field_optional": lambda s, p: s.pop("required"),
    "a_type_widened": lambda s, p: p["count"].update(type=["integer", "string"]),
    "a_whole_number_made_any": lambda s, p: p["count"].update(type="number"),
    "null_allowed": lambda s, p: p["count"].update(type=["integer", "null"]),
    "an_enum_grown": lambda s, p: p["kind"].update(enum=["hard", "soft", "odd", None]),
    "an_enum_made_text": lambda s, p: p.update(kind={"type": ["string", "null"]}),
    "a_lower_minimum": lambda s, p: p["total"].update(minimum=-1),
    "a_limit_dropped": lambda s, p: p["total"].pop("maximum"),
    "a_pattern_dropped": lambda s, p: p["code"].pop("pattern"),
    "personal_data_marked": lambda s, p: p["code"].update({"x-pii": "text"}),
    "a_reference_written_out": lambda s, p: p["products"].update(
        items=copy.deepcopy(s["$defs"]["Product"])
    ),
}


@pytest.mark.parametrize("case", BREAKING)
def test_a_field_removed_or_narrowed_needs_a_new_version(case):
    change, sentence = BREAKING[case]
    assert breaches(BEFORE, after(change)) == (sentence,)


@pytest.mark.parametrize("case", INSIDE)
def test_what_holds_for_the_event_holds_for_the_objects_in_it(case):
    change, sentence = INSIDE[case]
    found = breaches(BEFORE, after(lambda s, p: change(s["$defs"]["Product"])))
    assert len(found) == 2
    assert found[0].startswith(f"`products[].{sentence}")
    assert found[1].startswith(f"`owner.{sentence}")


@pytest.mark.parametrize("case", HARMLESS)
def test_what_leaves_every_valid_event_valid_passes(case):
    assert breaches(BEFORE, after(HARMLESS[case])) == ()


def test_every_breach_is_reported():
    found = breaches(BEFORE, after(lambda s, p: (p.pop("count"), p["kind"].update(enum=["hard"]))))
    assert found == (
        "`count` was removed: give the event a new version, or keep the field",
        "`kind` may no longer be null: give the event a new version",
        "`kind` may no longer be soft: give the event a new version",
    )


SCHEMAS = sorted(checked_in().items())


@given(st.data())
def test_a_field_removed_from_any_event_is_noticed_and_a_field_added_is_not(data):
    _, schema = data.draw(st.sampled_from(SCHEMAS))
    name = data.draw(st.sampled_from(sorted(schema["properties"])))
    less = copy.deepcopy(schema)
    del less["properties"][name]
    less["required"] = [each for each in less.get("required", []) if each != name]
    assert [f"`{name}`" in sentence for sentence in breaches(schema, less)] == [True]
    assert breaches(less, schema) == (
        (f"`{name}` became required: give the event a new version, or keep it optional",)
        if name in schema.get("required", [])
        else ()
    )
