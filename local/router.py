"""Routes of the HTTP API, matched as API Gateway matches them."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from local.template import Assembly


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """One route: its key, e.g. `GET /v1/profiles/{identifier+}`, and the function behind it."""

    key: str
    method: str
    segments: tuple[str, ...]
    function_arn: str


class Match(msgspec.Struct, frozen=True):
    route: Route
    parameters: dict[str, str]


class Router:
    """Finds the most specific route: literal before {name} before {name+} before $default."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._exact: dict[tuple[str, tuple[str, ...]], Route] = {}
        self._patterns: list[Route] = []
        self._default: Route | None = None
        for route in routes:
            if route.key == "$default":
                self._default = route
            elif any(segment.startswith("{") for segment in route.segments):
                self._patterns.append(route)
            else:
                self._exact[route.method, route.segments] = route
        self._patterns.sort(key=lambda route: [_looseness(each) for each in route.segments])

    def match(self, method: str, path: str) -> Match | None:
        segments = tuple(path.split("/")[1:])
        for asked in (method, "ANY"):
            if route := self._exact.get((asked, segments)):
                return Match(route, {})
        for route in self._patterns:
            if route.method in {method, "ANY"}:
                parameters = _fit(route.segments, segments)
                if parameters is not None:
                    return Match(route, parameters)
        return Match(self._default, {}) if self._default else None


def _looseness(segment: str) -> int:
    if not segment.startswith("{"):
        return 0
    return 2 if segment.endswith("+}") else 1


def _fit(pattern: tuple[str, ...], segments: tuple[str, ...]) -> dict[str, str] | None:
    parameters: dict[str, str] = {}
    for place, expected in enumerate(pattern):
        rest = segments[place:]
        if not rest:
            return None
        if expected.endswith("+}"):
            parameters[expected[1:-2]] = "/".join(rest)
            return parameters if rest[0] else None
        if expected.startswith("{") and rest[0]:
            parameters[expected[1:-1]] = rest[0]
        elif expected != rest[0]:
            return None
    return parameters if len(pattern) == len(segments) else None


def routes_of(assembly: Assembly) -> list[Route]:
    """The routes of the template's HTTP API."""
    functions = {
        made.ref: properties["IntegrationUri"]
        for _, made, properties in assembly.of_type("AWS::ApiGatewayV2::Integration")
    }
    routes = []
    for _, _, properties in assembly.of_type("AWS::ApiGatewayV2::Route"):
        method, _, path = properties["RouteKey"].partition(" ")
        integration = properties["Target"].removeprefix("integrations/")
        routes.append(
            Route(
                key=properties["RouteKey"],
                method=method,
                segments=tuple(path.split("/")[1:]),
                function_arn=functions[integration],
            )
        )
    return routes
