"""What goes wrong, by the name of the call, and the dice that decide it."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Callable, Sequence

from millrace.errors import RetryLater
from millrace.events import FailedEvent
from millrace.profiles.commit import SPARE_MS
from tests.fakes.clock import MemoryClock
from tests.simulation.conditions import Crash, Items
from tests.simulation.turns import Task, Turns

ANYWHERE = ("throttle", "timeout_before", "crash_before", "crash_after", "freeze")
"""Refused; no answer and no effect; the sandbox dies before or after the call; the sandbox stands
still until long after its batch was given to another one, then goes on with what it had read."""
ON_WRITES = (*ANYWHERE, "timeout_after", "error_500_applied", "lost_reply", "late", "echo")
"""Done, but the caller is told nothing, or 500; done, and botocore's own retry meets it; done long
after the caller was told that it failed; done, and done again long after."""
REFUSED = ("throttle", "crash_before")
UNSURE = (*REFUSED, "timeout_after", "crash_after")
KINDS = {
    "read_rows": (*ANYWHERE, "torn_read"),
    "read_ids": ANYWHERE,
    "keep_ids": (*ANYWHERE, "timeout_after", "late", "partial_batch"),
    "write": ON_WRITES,
    "write_each": (*ON_WRITES, *["partial_statements"] * 5),
    "write_together": ON_WRITES,
    "read_subjects": ANYWHERE,
    "make_subjects": (*ANYWHERE, "timeout_after"),
    "renew_subject": (*ANYWHERE, "timeout_after", "late"),
    "clear_dirty": (*ANYWHERE, "timeout_after", "late"),
    "read_deliveries": REFUSED,
    "record_delivery": UNSURE,
    "replace_delivery": (*UNSURE, "late"),
    "read_suppressions": REFUSED,
    "erase_subjects": UNSURE,
    "forget_ids": UNSURE,
    "read_erasure": REFUSED,
    "save_erasure": UNSURE,
    "forget_deliveries": UNSURE,
    "forget": UNSURE,
    "append_ledger": UNSURE,
    "read_ledger": REFUSED,
    "tell": ("throttle", "timeout_before", "timeout_after", "crash_before", "crash_after"),
    "send_wakes": ("partial_batch", "crash_before", "crash_after"),
    "keep_failed": UNSURE,
}
AROUND = (
    "vault_throttle",
    "invocation_throttled",
    "short_of_time",
    "answer_lost",
    "resend",
    "reorder",
    "shard_split",
    "wakes_lost",
)
"""KMS refuses; Lambda refuses the invocation, leaves it no time or loses its answer; a client sends
again; records of different people change places; a shard is split in two; a wake never arrives."""


class ShortOfTime:
    """A deadline that is reached after so many looks at it."""

    def __init__(self, looks: int) -> None:
        self._looks = looks

    def left_ms(self) -> int:
        self._looks -= 1
        return SPARE_MS + 1 if self._looks >= 0 else SPARE_MS


class Chaos:
    """`Conditions` that throw dice. Tasks give up their turn before any call."""

    def __init__(self, turns: Turns, dice: random.Random, clock: MemoryClock, rate: float) -> None:
        self.rate = rate
        self.counted: Counter[str] = Counter()
        self.delayed: list[Callable[[], object]] = []
        self.frozen: set[Task] = set()
        self._restless = dice.choice((0.2, 0.5, 0.9))
        self._turns = turns
        self._dice = dice
        self._clock = clock

    @property
    def total(self) -> int:
        return self.counted.total()

    def strikes(self, kind: str, rate: float | None = None) -> bool:
        """Whether a fault of `kind` happens now; it is counted."""
        if self._dice.random() >= (self.rate if rate is None else rate):
            return False
        self.counted[kind] += 1
        return True

    def before(self, call: str, items: Items = ()) -> str:
        if self._turns.current in self.frozen:
            self._turns.pause()
            return ""
        if self._dice.random() < self._restless:
            self._turns.pause()
        if not self.rate or self._dice.random() >= self.rate:
            return ""
        kind = self._dice.choice(KINDS[call])
        self.counted[kind] += 1
        self._clock.advance(1 if kind == "throttle" else 700)
        if kind == "freeze" and self._turns.current is not None:
            self.frozen.add(self._turns.current)
            self._turns.pause()
        return kind

    def pause(self, items: Items = ()) -> None:
        self._turns.pause()

    def later(self, effect: Callable[[], object]) -> None:
        self.delayed.append(effect)

    def before_vault(self, context: str) -> None:
        """KMS refuses by key and time, not by dice: who asks first may differ between processes."""
        if not self.rate or self._turns.current is None:
            return
        asked = f"{context}{self._clock.now_ms()}".encode()
        if hashlib.blake2b(asked, digest_size=1).digest() == b"\0":
            self.counted["vault_throttle"] += 1
            raise RetryLater("vault_unavailable", "injected: KMS refused")


class KeptEvents:
    """`FailedEvents` that keep an event once, however often they are told."""

    def __init__(self, chaos: Chaos) -> None:
        self._chaos = chaos
        self.kept: dict[tuple[str, bytes], FailedEvent] = {}

    def keep(self, events: Sequence[FailedEvent]) -> None:
        fault = self._chaos.before("keep_failed")
        if fault == "throttle":
            raise _unkept()
        if fault == "crash_before":
            raise Crash
        for event in events:
            self.kept.setdefault((event.source, event.payload), event)
        if fault == "timeout_after":
            raise _unkept()
        if fault == "crash_after":
            raise Crash


def _unkept() -> RetryLater:
    return RetryLater("failed_events_unavailable", "injected")
