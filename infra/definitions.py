"""What a config says of destinations, held against their definitions."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping

import millrace_destinations
from millrace.activation import Destination
from millrace.registry import discover

EVERYWHERE = ("base_url",)
"""Options of every destination."""


def mistakes(
    destinations: Mapping[str, Mapping[str, object]],
) -> Iterator[tuple[tuple[str, ...], str]]:
    """Where and what: destinations without a definition, options that no definition reads.

    `destinations` holds the options of each, by name.
    """
    defined = discover(millrace_destinations, Destination)
    for name, options in destinations.items():
        if name not in defined:
            yield ("destinations", name), _refusal("destination", name, defined)
            continue
        allowed = {"secret": "", **dict.fromkeys(EVERYWHERE, ""), **defined[name].options}
        for option in sorted(options.keys() - allowed.keys()):
            place = ("destinations", name, option)
            yield place, _refusal("key", ".".join(place), allowed, near=option)


def _refusal(kind: str, name: str, allowed: Mapping[str, object], *, near: str = "") -> str:
    close = difflib.get_close_matches(near or name, allowed, n=1)
    hint = f"did you mean `{close[0]}`? " if close else ""
    return f"unknown {kind} `{name}`; {hint}allowed: {', '.join(sorted(allowed))}"
