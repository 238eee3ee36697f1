"""Erasures that are not done and that nobody works on go on by themselves.

Messages drive an erasure; one can be lost, or come to the end of its attempts. So once an hour
whatever is open is looked at: where no run began for a while, a new message is sent. One too many
is harmless, and none is added to a message that is still tried.
"""

from __future__ import annotations

import msgspec

from millrace.clock import HOUR_MS, Clock
from millrace.erasure.model import Erasure
from millrace.erasure.ports import Erasures
from millrace.erasure.waking import Queue

IDLE_MS = HOUR_MS
"""Longer than a message stays hidden, and than the second pass waits for the first."""


class Resumed(msgspec.Struct, frozen=True, kw_only=True):
    """What was found."""

    open: int
    """Erasures that are not done."""
    woken: int
    oldest_ms: int
    """How long ago the oldest of them was asked for; 0 where there is none."""


def resume(erasures: Erasures, queue: Queue, clock: Clock) -> Resumed:
    """Wake every open erasure that is idle. Raises RetryLater; repeating it does no harm."""
    now, woken = clock.now_ms(), 0
    found = [each for name in erasures.open_ids() if (each := erasures.read(name))]
    waiting = [each for each in found if not each.is_done]
    for each in waiting:
        if now - _active_at(each) >= IDLE_MS:
            queue.send(each.id)
            woken += 1
    oldest = max((now - each.requested_at for each in waiting), default=0)
    return Resumed(open=len(waiting), woken=woken, oldest_ms=oldest)


def _active_at(erasure: Erasure) -> int:
    return max(erasure.requested_at, erasure.tried_at, erasure.passed_at)
