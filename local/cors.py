"""CORS as API Gateway answers it from the API's own configuration, whatever the handler says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

Headers = list[tuple[str, str]]


class Cors(msgspec.Struct, frozen=True, kw_only=True):
    """`CorsConfiguration` of an HTTP API."""

    origins: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    exposed: tuple[str, ...] = ()
    max_age: int = 0
    is_with_credentials: bool = False

    def on_answer(self, request_headers: Mapping[str, str]) -> Headers:
        """What is added to every answer, errors too: else a browser hides the status."""
        origin = request_headers.get("origin")
        allowed = None if origin is None else self._allowed(origin)
        if allowed is None:
            return []
        found = [("access-control-allow-origin", allowed)]
        if allowed != "*":
            found.append(("vary", "origin"))
        if self.exposed:
            found.append(("access-control-expose-headers", ",".join(self.exposed)))
        if self.is_with_credentials:
            found.append(("access-control-allow-credentials", "true"))
        return found

    def on_preflight(self, request_headers: Mapping[str, str]) -> Headers:
        found = self.on_answer(request_headers)
        if not found:
            return []
        return [
            *found,
            ("access-control-allow-methods", ",".join(self.methods)),
            ("access-control-allow-headers", ",".join(self.headers)),
            ("access-control-max-age", str(self.max_age)),
        ]

    def _allowed(self, origin: str) -> str | None:
        if "*" in self.origins:
            return "*"
        return origin if origin.lower() in {each.lower() for each in self.origins} else None


def cors_of(properties: Mapping[str, Any]) -> Cors | None:
    """The CORS configuration of an API's properties; None when it has none."""
    found = properties.get("CorsConfiguration")
    if found is None:
        return None
    return Cors(
        origins=tuple(found.get("AllowOrigins", ())),
        methods=tuple(found.get("AllowMethods", ())),
        headers=tuple(found.get("AllowHeaders", ())),
        exposed=tuple(found.get("ExposeHeaders", ())),
        max_age=int(found.get("MaxAge", 0)),
        is_with_credentials=bool(found.get("AllowCredentials", False)),
    )
