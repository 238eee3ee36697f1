"""Changes of the profiles table become wakes: who is dirty for whom, and nothing else."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import msgspec

from millrace.activation.model import Wake
from millrace.activation.ports import Queues


class MarksChange(msgspec.Struct, frozen=True, kw_only=True):
    """The dirty marks of one root row before and after one change: destination -> version."""

    sequence_number: str
    key: str
    before: Mapping[str, int] = {}
    after: Mapping[str, int] = {}


def wake_body(wake: Wake) -> str:
    """The body of a queue message: a row key and a version, no personal data."""
    return msgspec.json.encode(wake).decode()


def wakes_of(change: MarksChange) -> list[Wake]:
    """A wake for each mark that the change set or raised; clearing a mark wakes nobody."""
    return [
        Wake(destination=destination, key=change.key, version=version)
        for destination, version in sorted(change.after.items())
        if change.before.get(destination) != version
    ]


def wake(
    changes: Sequence[MarksChange], queues: Queues, *, destinations: Collection[str]
) -> list[str]:
    """Wake `destinations`, once for each person of the batch; the sequence numbers to retry."""
    newest: dict[tuple[str, str], tuple[Wake, str]] = {}
    for change in changes:
        for found in wakes_of(change):
            if found.destination in destinations:
                newest[found.destination, found.key] = (found, change.sequence_number)
    unsent = queues.send([found for found, _ in newest.values()])
    failed = {newest[each.destination, each.key][1] for each in unsent}
    return [c.sequence_number for c in changes if c.sequence_number in failed]
