"""What analytics.js asks its CDN for: with our address in it, browsers send to us unchanged."""

from __future__ import annotations

import re
from typing import Any

from millrace.errors import RejectedEvent
from millrace.http import Request, Response, json_response
from millrace.intake.keys import key_of, source_of
from millrace.intake.ports import Doors
from millrace.intake.reasons import reject

_HOST = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\])(?::\d{1,5})?")
_LOOPBACK = re.compile(r"(?:127\.\d+\.\d+\.\d+|localhost|\[::1\])(?::\d+)?")


def answer_tag_settings(request: Request, doors: Doors) -> Response:
    """The settings of one source; RejectedEvent `unknown_write_key` for any other key."""
    key = key_of(request.path_parameters.get("writeKey"))
    try:
        source_of(key, doors)
    except RejectedEvent as error:
        raise reject("unknown_write_key") from error
    return json_response(200, _settings(str(key), _host(request)), cache_control="max-age=300")


def _host(request: Request) -> str:
    """The host that the browser named, with its port; else the one that API Gateway knows."""
    named = request.headers.get("host", "")
    return named if _HOST.fullmatch(named) else request.host


def _settings(key: str, host: str) -> dict[str, Any]:
    protocol = "http" if _LOOPBACK.fullmatch(host) else "https"
    enabled = {"__default": {"enabled": True, "integrations": {}}}
    return {
        "integrations": {
            "Segment.io": {
                "apiKey": key,
                "apiHost": f"{host}/v1",
                "protocol": protocol,
                "addBundledMetadata": True,
                "unbundledIntegrations": [],
                "maybeBundledConfigIds": {},
                "versionSettings": {"version": "4.4.7", "componentTypes": ["browser"]},
            }
        },
        "plan": {"track": enabled, "identify": enabled, "group": enabled},
        "edgeFunction": {},
        "analyticsNextEnabled": True,
        "middlewareSettings": {},
        "enabledMiddleware": {},
        "remotePlugins": [],
        # without this the tag reports on itself to its vendor
        "metrics": {"sampleRate": 0, "host": f"{host}/v1"},
    }
