"""Stored events of an older version are read as the newest one; what is stored never changes.

Whoever reads planned properties reads them from here: what profiles compute, what is recorded of
consent, what the lake shows. What is kept, sealed or put back stays as it arrived.
"""

from __future__ import annotations

import functools

import msgspec

from millrace.events.definition import EventDefinition
from millrace.events.model import Event
from millrace.events.plan import Plan, claimed_version
from millrace.events.verdicts import VERSION_FLAG

NAMES = 1024
"""How many names of events are remembered; senders choose them."""


def stored_version(event: Event) -> int:
    """The version that intake read the event as, else the one its sender claims, else 1.

    Version 1 leaves no mark, so that events from before the second version are read rightly.
    """
    for flag in event.flags:
        if flag.startswith(VERSION_FLAG):
            return int(flag.removeprefix(VERSION_FLAG))
    claimed = claimed_version(event.context)
    return claimed if claimed is not None and claimed > 0 else 1


def read_as_newest(event: Event, plan: Plan) -> Event:
    """`event` with properties of the newest version of its definition, and marked as that.

    The event itself where it is of the newest version: what was read so is not read again.
    """
    definition = plan.find(event.name) if event.type == "track" else None
    return _upcast(event, definition) if definition else event


def as_newest(event: Event) -> Event:
    """`read_as_newest` by the catalogue; of an event with one version it costs a look-up."""
    definition = _with_versions(event.name) if event.type == "track" else None
    return _upcast(event, definition) if definition else event


def _upcast(event: Event, definition: EventDefinition) -> Event:
    version = stored_version(event)
    if version >= definition.version:
        return event
    properties = event.properties
    for older in definition.older:
        if older.version >= version:
            properties = older.upcast(properties)
    flags = [flag for flag in event.flags if not flag.startswith(VERSION_FLAG)]
    mark = f"{VERSION_FLAG}{definition.version}"
    return msgspec.structs.replace(event, properties=properties, flags=(*flags, mark))


@functools.lru_cache(maxsize=NAMES)
def _with_versions(name: str) -> EventDefinition | None:
    """The planned event of that name that has older versions, if it is one."""
    definition = _catalogue().find(name)
    return definition if definition and definition.older else None


@functools.cache
def _catalogue() -> Plan:
    return Plan.of_catalogue()
