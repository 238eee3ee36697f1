"""The checked-in page and schemas are those of the catalogue, and no reader was forgotten."""

import json

import pytest

from infra.event_page import page
from infra.event_reference import (
    PAGE,
    SCHEMAS,
    checked_in,
    definitions,
    fresh_schemas,
    refusals,
    write,
)
from millrace.events.schema import registry_text, schema_text

EVENTS = definitions()
FRESH = fresh_schemas(EVENTS)
REWRITE = "run `python -m infra.event_reference`"


def test_no_field_was_removed_or_narrowed_without_a_new_version():
    assert list(refusals(checked_in(), FRESH)) == []


def test_the_page_is_fresh():
    assert PAGE.read_text() == page(EVENTS), REWRITE


@pytest.mark.parametrize("name", FRESH)
def test_a_schema_is_fresh(name):
    assert (SCHEMAS / f"{name}.json").read_text() == schema_text(FRESH[name]), REWRITE


def test_the_page_names_every_event_and_every_property():
    text = PAGE.read_text()
    for event in EVENTS:
        assert f"### {event.name}\n" in text
        for name in event.properties.__struct_fields__:
            assert f"| `{name}` |" in text


def test_a_schema_without_a_definition_is_refused():
    (sentence,) = refusals({"gone.v1": {}}, FRESH)
    assert sentence.startswith("gone.v1: no definition makes this schema any more")


def test_a_narrowed_field_is_refused_by_name():
    before = {"cart_viewed.v1": json.loads(json.dumps(FRESH["cart_viewed.v1"]))}
    before["cart_viewed.v1"]["properties"]["colour"] = {"type": "string"}
    (sentence,) = refusals(before, FRESH)
    assert sentence == (
        "cart_viewed.v1: `colour` was removed: give the event a new version, or keep the field"
    )


def test_what_the_registry_got_first_is_kept_when_it_changes_and_then_stays(tmp_path):
    page_path, file = tmp_path / "events.md", tmp_path / "cart_viewed.v1.json"
    write(EVENTS, page_path, tmp_path)
    assert list((tmp_path / "first").iterdir()) == []
    older = json.loads(file.read_text())
    del older["properties"]["products"]
    older_still = {**older, "properties": {}}
    for found in (older, older_still):
        file.write_text(schema_text(found))
        write(EVENTS, page_path, tmp_path)
        first = (tmp_path / "first" / "cart_viewed.v1.json").read_text()
        assert first == registry_text(older) + "\n"
        assert file.read_text() == schema_text(FRESH["cart_viewed.v1"])


def test_a_better_description_is_no_new_version_for_the_registry(tmp_path):
    write(EVENTS, tmp_path / "events.md", tmp_path)
    file = tmp_path / "signed_up.v1.json"
    reworded = file.read_text().replace("Title at work.", "What the card says.")
    file.write_text(reworded)
    write(EVENTS, tmp_path / "events.md", tmp_path)
    assert list((tmp_path / "first").iterdir()) == []
    assert '"title":{"type":["string","null"]}' in registry_text(FRESH["signed_up.v1"])
