"""The clock and randomness of the machine, behind their ports."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import ClassVar


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000


class SystemClock:
    """Epoch milliseconds. The local engine replaces `source` to move time."""

    source: ClassVar[Callable[[], int]] = staticmethod(_wall_ms)

    def now_ms(self) -> int:
        return SystemClock.source()


class SystemRandomness:
    """Random bytes. The local engine replaces `source` to repeat a seeded run byte for byte."""

    source: ClassVar[Callable[[int], bytes]] = staticmethod(os.urandom)

    def token_bytes(self, count: int) -> bytes:
        return SystemRandomness.source(count)
