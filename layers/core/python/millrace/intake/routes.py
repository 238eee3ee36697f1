"""The routes of the tracking API, as API Gateway names them."""

from __future__ import annotations

LETTERS = {
    "t": "track",
    "i": "identify",
    "p": "page",
    "s": "screen",
    "g": "group",
    "a": "alias",
    "b": "batch",
}
"""analytics.js posts to one-letter paths."""

CALLS = {f"POST /v1/{name}": call for letter, call in LETTERS.items() for name in (call, letter)}
CALLS["POST /beacon/v1/batch"] = "batch"  # what Rudder's tag sends when a page is left
PIXELS = ("GET /v1/pixel.gif", "GET /v1/pixel/{type}")
TAG_SETTINGS = "GET /v1/projects/{writeKey}/settings"
DOCUMENT = "GET /v1/openapi.json"

ROUTES = (*CALLS, *PIXELS, TAG_SETTINGS, DOCUMENT)
"""All of them; the function behind them is functions/intake/track."""
