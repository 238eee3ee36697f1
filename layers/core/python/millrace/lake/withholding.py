"""The gate before the lake: of behaviour whose own signal refuses analytics, only that it came.

The row stays, so that a rebuild from the lake knows the event's id and hears its refusal; what
the person did is not in it, not even sealed.
"""

from __future__ import annotations

import msgspec

from millrace.events import Event
from millrace.privacy.signals import ANALYTICS, is_behaviour, signal_of
from millrace.settings import ConsentSettings

NAME = "(withheld)"
SIGNALS = frozenset({"consent", "gpc", "us_privacy", "usPrivacy", "gpp"})
"""What stays of the context: the refusal itself."""


def as_kept(event: Event, rules: ConsentSettings) -> Event:
    """The event as the lake may keep it."""
    if not is_behaviour(event) or not event.context.keys() & SIGNALS:
        return event
    if signal_of(event, rules).get(ANALYTICS, "granted") == "granted":
        return event
    return msgspec.structs.replace(
        event,
        name=NAME,
        traits={},
        properties={},
        integrations={},
        context={name: event.context[name] for name in event.context if name in SIGNALS},
    )
