"""The consent API in OpenAPI."""

from __future__ import annotations

from infra.api_answers import busy, json_answer, parameter, ref
from infra.api_schemas import Schema, error_schema
from millrace.identity.model import KIND_RANK
from millrace.intake.consenting import REASONS
from millrace.privacy.signals import MAX_PROOF, MAX_TEXT, STATUSES

_TEXT: Schema = {"type": "string", "maxLength": MAX_TEXT}
_BODY: Schema = {
    "type": "object",
    "properties": {
        "purpose": {"type": "string", "description": "One of the configuration."},
        "status": {"enum": list(STATUSES)},
        "basis": _TEXT,
        "text_version": {**_TEXT, "description": "Which text the person saw."},
        "proof": {"type": "string", "maxLength": MAX_PROOF, "description": "Kept sealed."},
        "at": {"type": "string", "description": "When; the moment of arrival where left out."},
        "message_id": {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$"},
    },
    "required": ["purpose", "status"],
    "additionalProperties": False,
    "example": {"purpose": "email_marketing", "status": "granted", "text_version": "2026-10"},
}
_DONE: Schema = {
    "type": "object",
    "properties": {"success": {"const": True}, "message_id": {"type": "string"}},
    "required": ["success", "message_id"],
}


def consent_operation(method: str) -> Schema:
    """PUT and POST do the same."""
    kinds = "|".join(KIND_RANK)
    identifier = {
        **parameter("path", "identifier", f"`kind:value`, the kind one of {', '.join(KIND_RANK)}."),
        "required": True,
        "schema": {"type": "string", "pattern": f"^({kinds}):"},
        "example": "email:ada@example.com",
    }
    unsaid = {code: text for code, text in REASONS.items() if code != "invalid_consent_key"}
    return {
        "operationId": f"consent_{method.lower()}",
        "tags": ["consent"],
        "summary": "Record what a person decided about one purpose",
        "security": [{"consentKey": []}],
        "parameters": [
            identifier,
            parameter("header", "Idempotency-Key", "The message id, where the body has none."),
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": _BODY}}},
        "responses": {
            "200": json_answer("It is stored; the same id again changes nothing.", _DONE),
            "400": json_answer("It can never be taken as it is.", error_schema(unsaid)),
            "401": json_answer(
                "The consent key is missing or wrong.",
                error_schema({"invalid_consent_key": REASONS["invalid_consent_key"]}),
            ),
            "404": json_answer("There is no such route.", ref("GatewayMessage")),
            **busy(),
        },
    }
