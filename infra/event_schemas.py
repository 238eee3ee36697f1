"""The event catalogue in a Glue Schema Registry: who reads the stream can ask what an event is."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_glue as glue
from constructs import Construct

from infra.event_reference import definitions, first_in_registry, fresh_schemas
from millrace.events.schema import registry_text


class EventSchemas(Construct):
    """Registry `millrace-<stage>`; schema `order_completed-v1` is version 1 of that event.

    CloudFormation replaces a schema whose definition changes, and its versions would be lost.
    So a schema keeps the definition that it was born with (docs/reference/schemas/first), and
    what it has grown to since is a schema version beside it; the registry holds each of them to
    backward compatibility.
    """

    def __init__(self, scope: Construct, *, stage: str) -> None:
        super().__init__(scope, "EventSchemas")
        self._registry = glue.CfnRegistry(
            self, "Registry", name=f"millrace-{stage}", description="Millrace: the tracking plan"
        )
        first = first_in_registry()
        for name, schema in fresh_schemas(definitions()).items():
            newest = registry_text(schema)
            born_as = first.get(name, newest)
            made = self._schema(name, str(schema["description"]), born_as)
            if born_as != newest:
                self._grown(name, made, newest)

    def _schema(self, name: str, says: str, definition: str) -> glue.CfnSchema:
        return glue.CfnSchema(
            self,
            _identifier(name),
            name=name.replace(".", "-"),
            description=says,
            registry=glue.CfnSchema.RegistryProperty(arn=self._registry.attr_arn),
            data_format="JSON",
            compatibility="BACKWARD",
            schema_definition=definition,
        )

    def _grown(self, name: str, schema: glue.CfnSchema, definition: str) -> None:
        version = glue.CfnSchemaVersion(
            self,
            f"{_identifier(name)}Newest",
            schema=glue.CfnSchemaVersion.SchemaProperty(schema_arn=schema.attr_arn),
            schema_definition=definition,
        )
        # a version that records were written with stays when a newer one takes its place
        version.apply_removal_policy(cdk.RemovalPolicy.RETAIN)


def _identifier(name: str) -> str:
    """`order_completed.v1` is `OrderCompletedV1`."""
    return "".join(word.title() for word in name.replace(".", "_").split("_"))
