"""Every route of the API with what it takes and answers; what the code knows comes from it."""

from __future__ import annotations

from collections.abc import Iterator

import millrace_sources.webhooks
from infra.api_answers import busy, gateway, json_answer, or_gateway, parameter, pick, ref, shared
from infra.api_consents import consent_operation
from infra.api_privacy import privacy_operations
from infra.api_schemas import Schema, error_schema
from millrace.identity.model import KIND_RANK
from millrace.intake import consenting, reasons, routes
from millrace.intake.webhooks import answering
from millrace.intake.webhooks.model import WebhookSource
from millrace.registry import discover

PROFILES = "GET /v1/profiles/{identifier+}"
_WRITE_KEY: list[Schema] = [
    {"writeKeyBasic": []},
    {"writeKeyHeader": []},
    {"writeKeyQuery": []},
    {},
]


def operations() -> Iterator[tuple[str, Schema]]:
    """Every route with what it does."""
    for route, call in routes.CALLS.items():
        yield route, _call(route, call)
    for route in routes.PIXELS:
        yield route, _pixel(route)
    yield routes.TAG_SETTINGS, _tag_settings()
    yield routes.DOCUMENT, _own_description()
    for route in answering.ROUTES:
        yield route, _webhook(route.partition(" ")[0])
    yield PROFILES, _profile()
    for route in consenting.ROUTES:
        yield route, consent_operation(route.partition(" ")[0])
    yield from privacy_operations()


def _call(route: str, call: str) -> Schema:
    name = route.removeprefix("POST /").removeprefix("v1/").replace("/", "_")
    return {
        "operationId": name,
        "tags": ["tracking"],
        "summary": f"Send {'several events' if call == 'batch' else 'one ' + call + ' event'}",
        "security": _WRITE_KEY,
        "parameters": [
            parameter("query", "receipt", "`1`: say what became of each event."),
            parameter("header", "X-Millrace-Receipt", "`1`: say what became of each event."),
        ],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": ref(call.title())}},
        },
        "responses": {
            "200": shared("Taken"),
            "400": shared("Refused"),
            "401": shared("NoKey"),
            **busy(),
        },
    }


def _pixel(route: str) -> Schema:
    is_typed = "{type}" in route
    typed = [
        {
            **parameter("path", "type", "A type or its letter, `.gif` behind it or not."),
            "required": True,
        }
    ]
    names = ("data", "event", "userId", "anonymousId", "messageId")
    said = {"data": "The event as JSON in base64; else each member is a parameter: `properties.x`."}
    return {
        "operationId": "pixel_typed" if is_typed else "pixel",
        "tags": ["tracking"],
        "summary": "Send one event by loading an image; the answer is the image, whatever happens",
        "security": _WRITE_KEY,
        "parameters": [
            *(typed if is_typed else []),
            *(parameter("query", name, said.get(name, "As in a call.")) for name in names),
        ],
        "responses": {
            "200": {
                "description": "One transparent pixel.",
                "content": {"image/gif": {"schema": {"type": "string", "format": "binary"}}},
            },
            **gateway("404", "429", "503"),
        },
    }


def _tag_settings() -> Schema:
    key = {**parameter("path", "writeKey", "The key of the source."), "required": True}
    unknown = pick(reasons.REASONS, "unknown_write_key")
    return {
        "operationId": "tag_settings",
        "tags": ["tracking"],
        "summary": "What analytics.js asks its CDN for, with this API's address in it",
        "parameters": [key],
        "responses": {
            "200": json_answer("The settings of the source.", ref("TagSettings")),
            "404": json_answer("No source has this key.", or_gateway(error_schema(unknown))),
            **busy(),
        },
    }


def _own_description() -> Schema:
    return {
        "operationId": "openapi",
        "tags": ["about"],
        "summary": "This document",
        "responses": {
            "200": json_answer(
                "OpenAPI 3.1.", {"type": "object", "required": ["openapi", "paths"]}
            ),
            **gateway("429", "503"),
        },
    }


def _webhook(method: str) -> Schema:
    sources = discover(millrace_sources.webhooks, WebhookSource)
    refused = sorted({source.answers.refused for source in sources.values()})
    taken = sorted({source.answers.taken for source in sources.values()})
    error = ref("WebhookRefusal")
    name = {
        **parameter("path", "source", "The name of a configured source."),
        "required": True,
        "examples": {name: {"value": name} for name in sources},
    }
    operation: Schema = {
        "operationId": f"webhook_{method.lower()}",
        "tags": ["webhooks"],
        "summary": "What a vendor tells us" if method == "POST" else "Whether anybody is here",
        "description": "Each vendor signs in its own way and reads status codes in its own way: "
        "the codes of a source are those that its vendor understands.",
        "parameters": [name],
        "responses": {
            **{str(status): shared("Taken") for status in taken},
            **{str(status): json_answer("The sender is not proven.", error) for status in refused},
            "404": json_answer("There is no such source.", or_gateway(error)),
            "413": json_answer("The body is too large.", or_gateway(error)),
            **busy(),
        },
    }
    if method == "HEAD":
        operation["responses"] = {
            status: {"description": "As for POST, without a body."}
            for status in operation["responses"]
        }
    if method == "POST":
        operation["requestBody"] = {"content": {"*/*": {"schema": {}}}}
    return operation


def _profile() -> Schema:
    kinds = "|".join(KIND_RANK)
    identifier = {
        **parameter("path", "identifier", f"`kind:value`, the kind one of {', '.join(KIND_RANK)}."),
        "required": True,
        "schema": {"type": "string", "pattern": f"^({kinds}):"},
        "example": "user_id:customer-42",
    }
    return {
        "operationId": "profile",
        "tags": ["profiles"],
        "summary": "A person as they are now, or the generic content: always something to render",
        "security": [{"readKey": []}],
        "parameters": [
            identifier,
            parameter("query", "purpose", "What for, `personalization` where nothing is said."),
        ],
        "responses": {
            "200": json_answer("The person, or the generic content.", ref("Profile")),
            "400": json_answer(
                "Nobody can be found so.",
                error_schema({"unknown_identifier_kind": f"the kinds are {', '.join(KIND_RANK)}"}),
            ),
            "401": json_answer(
                "The read key is missing or wrong.",
                error_schema({"invalid_read_key": "send it as Authorization: Bearer <key>"}),
            ),
            "404": json_answer("There is no such route.", ref("GatewayMessage")),
            **busy(),
        },
    }
