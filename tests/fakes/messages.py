"""A queue that remembers what it was sent."""

from __future__ import annotations

from millrace.errors import RetryLater


class MemoryQueue:
    """`waking.Queue`; `sent` are the bodies with their delays."""

    def __init__(self, *, is_failing: bool = False) -> None:
        self.sent: list[tuple[str, int]] = []
        self.is_failing = is_failing

    def send(self, body: str, *, delay_seconds: int = 0) -> None:
        if self.is_failing:
            raise RetryLater("queue_unavailable", "the queue is told to fail")
        self.sent.append((body, delay_seconds))
