"""A body cut into the exact bytes of its vendor events, so that one bad event costs no other."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec

from millrace.intake.repeats import refuse_repeated
from millrace.intake.splitter import split_array, split_members
from millrace.intake.webhooks.delivery import Delivery
from millrace.intake.webhooks.reasons import refuse

_WHITESPACE = b" \t\r\n"  # of JSON: a form feed is none

Split = Callable[[Delivery], list[bytes]]


def whole(delivery: Delivery) -> list[bytes]:
    """The body is one event."""
    return [delivery.body]


def each(delivery: Delivery) -> list[bytes]:
    """The body is a list of events; a single one without its list is accepted too."""
    body = delivery.body.strip(_WHITESPACE)
    return split_array(body) if body.startswith(b"[") else [body]


def each_at(name: str) -> Split:
    """The body is an object with the list under `name`; a list of such objects is accepted too."""

    def split(delivery: Delivery) -> list[bytes]:
        found: list[bytes] = []
        for part in each(delivery):
            members = split_members(part)
            refuse_repeated(member for member, _ in members)
            events = dict(members).get(name, b"")
            if not events.startswith(b"["):
                raise refuse("invalid_batch", f"/{name}")
            found += split_array(events)
        return found

    return split


def form_field(name: str) -> Split:
    """The body is a form; one of its fields is a JSON list of events."""

    def split(delivery: Delivery) -> list[bytes]:
        values = [value for key, value in delivery.form if key == name]
        if len(values) != 1:
            raise refuse("invalid_batch", f"/{name}")
        return split_array(values[0].encode())

    return split


_KEY = re.compile(r"([^\[\]]{1,100})((?:\[[^\[\]]{0,100}\]){0,8})")


def form_tree(delivery: Delivery) -> list[bytes]:
    """The body is a form with keys such as `data[merges][FNAME]`; it becomes one JSON object."""
    tree: dict[str, Any] = {}
    for key, value in delivery.form:
        match = _KEY.fullmatch(key)
        if match is None:
            raise refuse("unexpected_shape")
        *branches, leaf = [match[1], *match[2][1:-1].split("][")] if match[2] else [match[1]]
        place = tree
        for branch in branches:
            place = place.setdefault(branch, {})
            if not isinstance(place, dict):
                raise refuse("unexpected_shape")
        place[leaf] = value
    return [msgspec.json.encode(tree)]
