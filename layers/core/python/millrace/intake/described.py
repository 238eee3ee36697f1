"""The API in its own words: GET /v1/openapi.json."""

from __future__ import annotations

from pathlib import Path

from millrace.http import Response

FILE = Path(__file__).with_name("openapi.json")
"""Written by `python3 run.py synth --update`; read when somebody asks, never at a cold start."""


def answer_document() -> Response:
    """The OpenAPI document, which anybody may read."""
    return Response(
        status=200,
        body=FILE.read_bytes(),
        headers={"content-type": "application/json", "cache-control": "max-age=3600"},
    )
