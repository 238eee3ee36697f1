"""What lets an erased person in again."""

from __future__ import annotations

from collections.abc import Iterable

from millrace.privacy.consent import ConsentRecord
from millrace.privacy.signals import ConsentEvent, records_of
from millrace.settings import ConsentSettings


def begins_anew(said: Iterable[ConsentRecord], erased_at: int) -> bool:
    """Whether who was erased then begins anew with it: a trusted yes that was said after it does.

    What was decided before and was on its way, or is imported, does not; neither does a signal.
    """
    return any(
        one.status == "granted" and one.is_act and one.is_trusted and one.at > erased_at
        for one in said
    )


def is_grant(event: ConsentEvent, erased_at: int, rules: ConsentSettings) -> bool:
    """The same of an event."""
    return begins_anew(records_of(event, b"", rules).values(), erased_at)
