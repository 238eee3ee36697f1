"""What time it is, as a port: pure code never asks the machine."""

from __future__ import annotations

from typing import Protocol

SECOND_MS = 1_000
HOUR_MS = 3_600 * SECOND_MS
DAY_MS = 24 * HOUR_MS


class Deadline(Protocol):
    """How long whoever works may go on; what does not fit is left for the next time."""

    def left_ms(self) -> int: ...


class Endless:
    """No deadline."""

    def left_ms(self) -> int:
        return DAY_MS


ENDLESS = Endless()


class Clock(Protocol):
    def now_ms(self) -> int:
        """Epoch milliseconds, UTC."""
        ...
