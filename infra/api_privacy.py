"""The routes of erasure in the API's document."""

from __future__ import annotations

from collections.abc import Iterator

from infra.api_answers import busy, json_answer, or_gateway, parameter, ref
from infra.api_schemas import Schema, error_schema
from millrace.erasure.model import DEFAULT_REASON, REASONS
from millrace.identity.model import KIND_RANK

_NO_KEY = {"invalid_privacy_key": "send it as Authorization: Bearer <key>"}
_STATE: Schema = {
    "type": "object",
    "required": ["erasure", "state", "reason", "requested_at", "erased_at"],
    "properties": {
        "erasure": {"type": "string", "pattern": "^er_[0-9a-f]{32}$"},
        "state": {"enum": ["requested", "unreadable", "done"]},
        "reason": {"enum": list(REASONS)},
        "requested_at": {"type": "integer", "description": "Epoch milliseconds."},
        "erased_at": {
            "type": ["integer", "null"],
            "description": "When the first tombstone was written.",
        },
        "waits_for": {
            "type": "string",
            "description": "Until it is done: what stopped the last run, or what comes next.",
        },
        "certificate": {"type": "object", "description": "Once it is done: each store, by name."},
    },
}


def privacy_operations() -> Iterator[tuple[str, Schema]]:
    """Each route with what it does."""
    yield "DELETE /v1/people/{person+}", _erase()
    yield "GET /v1/erasures/{erasure}", _told()


def _erase() -> Schema:
    kinds = "|".join(KIND_RANK)
    person = {
        **parameter("path", "person", "`kind:value`: any identifier the person has."),
        "required": True,
        "schema": {"type": "string", "pattern": f"^({kinds}):"},
        "example": "email:ada@shop.example",
    }
    refused = {
        "not_an_identifier": f"the kinds are {', '.join(KIND_RANK)}",
        "bad_reason": f"the reasons are {', '.join(REASONS)}",
    }
    return {
        "operationId": "erase",
        "tags": ["privacy"],
        "summary": "Erase a person everywhere: unreadable within a minute, then a certificate",
        "security": [{"privacyKey": []}],
        "parameters": [person, _reason()],
        "responses": {
            "202": json_answer("It will happen, whoever crashes.", _STATE),
            "400": json_answer("Nobody can be found so.", error_schema(refused)),
            "401": json_answer("The privacy key is missing or wrong.", error_schema(_NO_KEY)),
            "404": json_answer("There is no such route.", ref("GatewayMessage")),
            **busy(),
        },
    }


def _reason() -> Schema:
    says = "Why; `objection` also puts every address of theirs on the suppression list."
    reasons: Schema = {"enum": list(REASONS), "default": DEFAULT_REASON}
    return {**parameter("query", "reason", says), "schema": reasons}


def _told() -> Schema:
    unknown = {"no_such_erasure": "an id is what DELETE answered, `er_` and 32 hex digits"}
    erasure = {**parameter("path", "erasure", "The id that DELETE answered."), "required": True}
    return {
        "operationId": "erasure",
        "tags": ["privacy"],
        "summary": "How far an erasure is, and its certificate",
        "security": [{"privacyKey": []}],
        "parameters": [erasure],
        "responses": {
            "200": json_answer("Its state.", _STATE),
            "401": json_answer("The privacy key is missing or wrong.", error_schema(_NO_KEY)),
            "404": json_answer("There is none.", or_gateway(error_schema(unknown))),
            **busy(),
        },
    }
