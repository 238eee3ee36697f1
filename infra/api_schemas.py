"""The API's bodies in JSON Schema; limits and codes come from the code that applies them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

import msgspec

from infra.api_profile import PROFILE
from millrace.events.model import CallType
from millrace.intake.batches import MAX_EVENTS
from millrace.intake.normalise import MAX_NAME_CHARACTERS
from millrace.intake.receipts import Receipt

Schema = dict[str, Any]

TYPES: tuple[str, ...] = get_args(CallType)
NEEDED = {"track": ["event"], "group": ["groupId"], "alias": ["userId", "previousId"]}
_TIME: Schema = {
    "description": "ISO 8601, or epoch seconds or milliseconds; else it is flagged, not refused."
}
_OBJECT: Schema = {"type": ["object", "null"]}
_ID: Schema = {"description": "A text or a number that is the same for one person for ever."}
_NAME: Schema = {
    "anyOf": [
        {"type": "string", "pattern": r"\S", "maxLength": MAX_NAME_CHARACTERS},
        {"type": "number"},
    ]
}
_FIELDS: Schema = {
    "messageId": {"description": "The same in every try of the same event; made up if absent."},
    "userId": _ID,
    "anonymousId": _ID,
    "timestamp": _TIME,
    "originalTimestamp": _TIME,
    "sentAt": _TIME,
    "context": {
        "type": ["object", "null"],
        "properties": {"traits": _OBJECT},
    },
    "integrations": _OBJECT,
    "properties": _OBJECT,
    "traits": {
        "type": ["object", "null"],
        "properties": {"email": {"description": "Finds a person, like userId."}},
    },
}
_OWN: dict[str, Schema] = {
    "track": {"event": _NAME},
    "group": {"groupId": _NAME},
    "alias": {"previousId": _ID},
    "page": {"name": {}, "category": {}},
    "screen": {"name": {}, "category": {}},
}


def call_schema(call: str) -> Schema:
    """One event of a type; members that are not named here are kept out, not refused."""
    return {
        "type": "object",
        "properties": {**_FIELDS, **_OWN.get(call, {})},
        "required": NEEDED.get(call, []),
        "examples": [example(call)],
    }


def item_schema() -> Schema:
    """One event of a batch, which names its own type; a bad one does not harm the others."""
    return {
        "description": "One of the calls, with its `type`. One that is none is kept as a failed "
        "event, and the others are taken.",
        "examples": [{"type": "track", **example("track")}],
    }


def batch_schema() -> Schema:
    return {
        "type": "object",
        "properties": {
            "batch": {
                "type": "array",
                "maxItems": MAX_EVENTS,
                "items": {"$ref": "#/components/schemas/Item"},
            },
            "context": _OBJECT,
            "integrations": _OBJECT,
            "sentAt": _TIME,
            "writeKey": {"description": "Where no header names the source."},
        },
        "required": ["batch"],
        "examples": [{"batch": [{"type": "track", **example("track")}]}],
    }


def example(call: str) -> Schema:
    """A call as it should be."""
    own: dict[str, Schema] = {
        "track": {"event": "Product Viewed", "properties": {"product_id": "p-1"}},
        "identify": {"traits": {"email": "ada@example.com", "first_name": "Ada"}},
        "page": {"name": "Shoes", "properties": {"url": "https://shop.example/shoes"}},
        "screen": {"name": "Shoes"},
        "group": {"groupId": "company-7"},
        "alias": {"previousId": "visitor-9"},
    }
    return {"messageId": "7c0f4f3e-2f4b-4f7e-9d5e", "userId": "customer-42", **own[call]}


def error_schema(reasons: Mapping[str, str], *, can_tell: bool = False) -> Schema:
    """An error answer: its codes with what each means."""
    told = {"receipts": {"$ref": "#/components/schemas/Receipts"}} if can_tell else {}
    return {
        "type": "object",
        "properties": {
            "success": {"const": False},
            "code": {
                "enum": sorted(reasons),
                "description": "\n".join(
                    f"- `{code}`: {reasons[code]}" for code in sorted(reasons)
                ),
            },
            "message": {"type": "string", "minLength": 1},
            **told,
        },
        "required": ["success", "code", "message"],
        "additionalProperties": False,
    }


def component_schemas() -> Schema:
    """What several operations share."""
    (receipt,), parts = msgspec.json.schema_components(
        [Receipt], ref_template="#/components/schemas/{name}"
    )
    return {
        **{f"{call.title()}": call_schema(call) for call in TYPES},
        "Item": item_schema(),
        "Batch": batch_schema(),
        **parts,
        "Receipts": {"type": "array", "items": receipt},
        "Taken": {
            "type": "object",
            "properties": {
                "success": {"const": True},
                "receipts": {"$ref": "#/components/schemas/Receipts"},
            },
            "required": ["success"],
            "additionalProperties": False,
        },
        "GatewayMessage": {
            "type": "object",
            "properties": {"message": {"type": "string"}},
            "required": ["message"],
        },
        "Profile": PROFILE,
        "TagSettings": {
            "type": "object",
            "properties": {"integrations": {"type": "object"}, "plan": {"type": "object"}},
            "required": ["integrations", "plan"],
        },
    }
