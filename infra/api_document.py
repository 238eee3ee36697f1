"""The OpenAPI document, made from the code's routes and reasons.

`python3 run.py synth --update` writes it twice:
docs/reference/openapi.json              for people and their tools
layers/core/.../intake/openapi.json      the same on one line, served at GET /v1/openapi.json
"""

from __future__ import annotations

import json

from infra import ROOT
from infra.api_answers import shared_responses, shared_schemas
from infra.api_operations import operations
from infra.api_schemas import Schema, component_schemas
from millrace.intake.described import FILE

PAGE = ROOT / "docs" / "reference" / "openapi.json"
INTRODUCTION = (
    "Events in, profiles out. The tracking calls are Segment's: stock SDKs work unchanged. "
    "A request is answered 2xx only after everything in it is stored. 4xx: do not send it again. "
    "429 and 503: send the same request again, with the same message ids, after Retry-After "
    "seconds. JSON is read whatever Content-Type says; Content-Encoding may be gzip or deflate."
)
KEYS: Schema = {
    "writeKeyBasic": {
        "type": "http",
        "scheme": "basic",
        "description": "The write key as user name.",
    },
    "writeKeyHeader": {"type": "apiKey", "in": "header", "name": "X-Write-Key"},
    "writeKeyQuery": {"type": "apiKey", "in": "query", "name": "writeKey"},
    "readKey": {"type": "http", "scheme": "bearer"},
    "consentKey": {"type": "http", "scheme": "bearer"},
    "privacyKey": {"type": "http", "scheme": "bearer"},
}


def document() -> Schema:
    """The whole document, OpenAPI 3.1."""
    paths: dict[str, Schema] = {}
    for route, operation in operations():
        method, path = route.split(" ")
        paths.setdefault(path.replace("+}", "}"), {})[method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": "Millrace", "version": "1", "description": INTRODUCTION},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": {**component_schemas(), **shared_schemas()},
            "responses": shared_responses(),
            "securitySchemes": KEYS,
        },
    }


def texts() -> dict[str, str]:
    """What both files hold, by path from the root."""
    made = document()
    return {
        str(PAGE.relative_to(ROOT)): json.dumps(made, indent=2) + "\n",
        str(FILE.relative_to(ROOT)): json.dumps(made, separators=(",", ":")),
    }
