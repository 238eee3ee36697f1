"""What the read API answers, in JSON Schema."""

from __future__ import annotations

from typing import Any

from millrace.behaviour.sessions import BUCKETS, LONGEST

Schema = dict[str, Any]

_TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
_CART: Schema = {
    "type": "object",
    "properties": {
        "lines": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "product_id": {"type": "string"},
                    "quantity": {"type": "number"},
                    "price": {"type": ["number", "null"], "description": "Of one."},
                    "currency": {"type": "string"},
                    "name": {"type": "string"},
                },
                "required": ["product_id", "quantity"],
            },
        },
        "value": {"type": "object", "additionalProperties": {"type": "number"}},
        "updated_at": {"type": "string"},
        "abandoned_since": {"type": ["string", "null"]},
    },
    "required": ["lines", "value", "updated_at", "abandoned_since"],
}
PROFILE: Schema = {
    "type": "object",
    "properties": {
        "profile_id": _TEXT_OR_NULL,
        "traits": {"type": "object"},
        "segments": {"type": "array", "items": {"type": "string"}},
        "counters": {"type": "object", "additionalProperties": {"type": "integer"}},
        "computed": {
            "type": "object",
            "description": "What follows from the events and the time of asking; times are texts.",
            "properties": {
                "engagement": {"type": "number", "description": "Points that halve with time."},
                "best_hour": {"type": "integer", "minimum": 0, "maximum": 23},
                "browse_bucket": {"enum": [*(name for _, name in BUCKETS), LONGEST]},
                "favourite_category": {"type": "string"},
                "orders": {"type": "integer", "minimum": 0},
                "first_purchase_at": {"type": "string"},
                "last_purchase_at": {"type": "string"},
                "lifetime_value": {"type": "object", "additionalProperties": {"type": "number"}},
                "cart": _CART,
                "last_30_days": {"type": "object", "additionalProperties": {"type": "integer"}},
                "is_approximate": {"type": "boolean"},
            },
        },
        "first_seen": _TEXT_OR_NULL,
        "last_seen": _TEXT_OR_NULL,
        "as_of": {**_TEXT_OR_NULL, "description": "When the newest event in it was received."},
        "version": {"type": "integer", "minimum": 0},
        "lag_ms": {"type": ["integer", "null"]},
        "fallback": {"type": "boolean", "description": "Whether this is generic content."},
        "consents": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "properties": {
                    "status": {"enum": ["granted", "denied", "pending"]},
                    "at": {"type": "string", "format": "date-time"},
                    "basis": {"type": "string"},
                    "text_version": {"type": "string"},
                    "source": {"type": "string"},
                },
                "required": ["status", "at"],
            },
        },
        "reason": {"enum": ["unknown_person", "timeout", "unavailable", "no_consent"]},
    },
    "required": ["profile_id", "traits", "segments", "counters", "version", "fallback"],
}
