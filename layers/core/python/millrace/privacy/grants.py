"""What lets an erased person in again."""

from __future__ import annotations

from collections.abc import Iterable

from millrace.privacy.consent import ConsentRecord
from millrace.privacy.signals import ConsentEvent, records_of
from millrace.settings import ConsentSettings


def begins_anew(said: Iterable[ConsentRecord]) -> bool:
    """Whether an erased person begins anew with it: a trusted decision does that, no signal."""
    return any(one.status == "granted" and one.is_act and one.is_trusted for one in said)


def is_grant(event: ConsentEvent, rules: ConsentSettings) -> bool:
    """The same of an event."""
    return begins_anew(records_of(event, b"", rules).values())
