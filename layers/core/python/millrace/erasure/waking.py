"""Messages that say which erasure is to go on.

The first message does everything once and sends a second one, late enough for all that was under
way. Either comes again until it has done its part; a repeat of either is harmless. A run that had
no time left for all there is to go through is followed by another one at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from millrace.activation.forget import ASK_AGAIN_AFTER_MS
from millrace.clock import ENDLESS, Deadline
from millrace.erasure.erase import Erasing
from millrace.erasure.model import Erasure
from millrace.erasure.sweeping import UNCOUNTED, Counts
from millrace.errors import MillraceError

LATE_SECONDS = ASK_AGAIN_AFTER_MS // 1000
"""SQS delays a message no longer than this."""
_LATE = " late"


class Queue(Protocol):
    def send(self, body: str, *, delay_seconds: int = 0) -> None:
        """Raises RetryLater `queue_unavailable` when it may not have been taken."""
        ...


def run_all(
    bodies: Mapping[str, str],
    erasing: Erasing,
    queue: Queue,
    report: Callable[[Exception], None],
    *,
    counts: Counts = UNCOUNTED,
    deadline: Deadline = ENDLESS,
) -> list[str]:
    """Run the erasures that the messages name; the ids of messages that must come again.

    Whatever goes wrong with one person's erasure does not stop the others.
    """
    asked: dict[str, bool] = {}
    for body in bodies.values():
        name = body.removesuffix(_LATE)
        asked[name] = asked.get(name, False) or body.endswith(_LATE)
    found = erasing.run_together(asked, counts=counts, deadline=deadline)
    again = []
    for message_id, body in bodies.items():
        try:
            _go_on(found[body.removesuffix(_LATE)], queue)
        except MillraceError as error:
            report(error)
            again.append(message_id)
    return again


def _go_on(found: Erasure | MillraceError | None, queue: Queue) -> None:
    if isinstance(found, MillraceError):
        raise found
    if found is not None and not found.is_done:
        delay = 0 if found.is_sweeping else LATE_SECONDS
        queue.send(f"{found.id}{_LATE}", delay_seconds=delay)
