"""The registry holds every version of every event, and no deployment loses one."""

import json

import aws_cdk as cdk
import jsonschema

from infra import event_schemas
from infra.event_reference import definitions, fresh_schemas
from infra.event_schemas import EventSchemas
from millrace.events.schema import registry_text

FRESH = fresh_schemas(definitions())


def by_name(resources, kind):
    found = [each for each in resources.values() if each["Type"] == kind]
    return {each["Properties"].get("Name", ""): each for each in found}


def synthesize():
    stack = cdk.Stack(cdk.App(), "S")
    EventSchemas(stack, stage="t")
    return cdk.App.of(stack).synth().get_stack_by_name("S").template["Resources"]


def test_every_version_of_every_event_is_a_schema_of_the_registry(assembly, environment):
    schemas = by_name(assembly.resources, "AWS::Glue::Schema")
    assert set(schemas) == {name.replace(".", "-") for name in FRESH}
    assert set(by_name(assembly.resources, "AWS::Glue::Registry")) == {
        f"millrace-{environment.stage}"
    }
    for each in schemas.values():
        properties = each["Properties"]
        assert (properties["DataFormat"], properties["Compatibility"]) == ("JSON", "BACKWARD")
        jsonschema.Draft7Validator.check_schema(json.loads(properties["SchemaDefinition"]))
        assert len(properties["SchemaDefinition"]) < 170_000


def test_a_schema_keeps_the_definition_that_it_was_born_with(monkeypatch):
    """To change it would replace the schema, under a name that is taken."""
    born_as = '{"$schema":"http://json-schema.org/draft-07/schema#","type":"object"}'
    monkeypatch.setattr(event_schemas, "first_in_registry", lambda: {"cart_viewed.v1": born_as})
    resources = synthesize()
    schema = by_name(resources, "AWS::Glue::Schema")["cart_viewed-v1"]
    assert schema["Properties"]["SchemaDefinition"] == born_as
    (version,) = by_name(resources, "AWS::Glue::SchemaVersion").values()
    assert version["Properties"]["SchemaDefinition"] == registry_text(FRESH["cart_viewed.v1"])
    assert version["UpdateReplacePolicy"] == version["DeletionPolicy"] == "Retain"
