"""What lets an erased person in again."""

from __future__ import annotations

from millrace.privacy.signals import ConsentEvent, signal_of
from millrace.settings import ConsentSettings


def is_grant(event: ConsentEvent, rules: ConsentSettings) -> bool:
    """Whether the event itself carries a granted consent: an erased person starts anew with it."""
    return "granted" in signal_of(event, rules).values()
