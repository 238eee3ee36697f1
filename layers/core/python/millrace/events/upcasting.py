"""Stored events of an older version are read as the newest one; what is stored never changes."""

from __future__ import annotations

import msgspec

from millrace.events.model import Event
from millrace.events.plan import Plan, claimed_version
from millrace.events.verdicts import VERSION_FLAG


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
    """`event` with properties of the newest version of its definition."""
    definition = plan.find(event.name) if event.type == "track" else None
    if definition is None or not definition.older:
        return event
    version, properties = stored_version(event), event.properties
    for older in definition.older:
        if older.version >= version:
            properties = older.upcast(properties)
    return msgspec.structs.replace(event, properties=properties)
