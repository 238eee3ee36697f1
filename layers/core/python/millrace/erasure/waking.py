"""Messages that say which erasure is to go on.

The first message does everything once and sends a second one, late enough for all that was under
way. Either comes again until it has done its part; a repeat of either is harmless.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from millrace.activation.forget import ASK_AGAIN_AFTER_MS
from millrace.erasure.erase import Erasing
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
) -> list[str]:
    """Run the erasure that each message names; the ids of messages that must come again.

    Whatever goes wrong with one person's erasure does not stop the others.
    """
    again = []
    for message_id, body in bodies.items():
        try:
            _run(body, erasing, queue)
        except MillraceError as error:
            report(error)
            again.append(message_id)
    return again


def _run(body: str, erasing: Erasing, queue: Queue) -> None:
    erasure_id = body.removesuffix(_LATE)
    erasure = erasing.run(erasure_id, is_late=body.endswith(_LATE))
    if erasure is not None and not erasure.is_done:
        queue.send(f"{erasure_id}{_LATE}", delay_seconds=LATE_SECONDS)
