"""Parts of OpenAPI that many operations share."""

from __future__ import annotations

from collections.abc import Mapping

from infra.api_schemas import Schema, error_schema
from millrace.events.verdicts import REASONS as PLAN_REASONS
from millrace.intake.reasons import REASONS
from millrace.intake.track import STATUSES
from millrace.intake.webhooks.reasons import REASONS as WEBHOOK_REASONS

NOT_OF_A_CALL = {"no_such_route", "invalid_pixel_data", "stream_unavailable", "unknown_write_key"}


_LATER: Schema = {
    "type": "object",
    "properties": {
        "success": {"const": False},
        "code": {"type": "string"},
        "message": {"type": "string"},
    },
    "required": ["message"],
}
_WAIT: Schema = {"Retry-After": {"description": "Seconds.", "schema": {"type": "string"}}}


def shared_responses() -> Schema:
    """What many operations answer, by name."""
    no_key = error_schema(pick(REASONS, "invalid_write_key"))
    return {
        "413": json_answer("Over the 10 MB of the gateway.", ref("GatewayMessage")),
        "429": {
            **json_answer("Too many requests or events a second.", ref("Later")),
            "headers": _WAIT,
        },
        "503": {
            **json_answer("It cannot be stored at this moment.", ref("Later")),
            "headers": _WAIT,
        },
        "Gateway": json_answer("The gateway's own.", ref("GatewayMessage")),
        "Taken": json_answer("Everything is stored.", ref("Taken")),
        "Refused": json_answer("It can never be taken as it is.", ref("Refusal")),
        "NoKey": json_answer("No source has this write key.", no_key),
    }


def shared_schemas() -> Schema:
    """The bodies of `shared_responses`, as far as they are long."""
    told = {code: text for code, text in REASONS.items() if code not in NOT_OF_A_CALL}
    told = {code: text for code, text in told.items() if STATUSES.get(code, 400) == 400}
    return {
        "Later": _LATER,
        "Refusal": error_schema(told | PLAN_REASONS, can_tell=True),
        "WebhookRefusal": error_schema({**REASONS, **WEBHOOK_REASONS}),
    }


def shared(name: str) -> Schema:
    """One of `shared_responses`."""
    return {"$ref": f"#/components/responses/{name}"}


def busy() -> Schema:
    """What every route may answer, of the function's or of the gateway's own."""
    return {status: shared(status) for status in ("413", "429", "503")}


def gateway(*statuses: str) -> Schema:
    return dict.fromkeys(statuses, shared("Gateway"))


def or_gateway(schema: Schema) -> Schema:
    return {"anyOf": [schema, ref("GatewayMessage")]}


def parameter(place: str, name: str, says: str) -> Schema:
    return {"name": name, "in": place, "description": says, "schema": {"type": "string"}}


def json_answer(says: str, schema: Schema) -> Schema:
    return {"description": says, "content": {"application/json": {"schema": schema}}}


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def pick(reasons_by_code: Mapping[str, str], *codes: str) -> dict[str, str]:
    return {code: reasons_by_code[code] for code in codes}
