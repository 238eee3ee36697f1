"""Destinations are to be asked to delete whom retention empties: kept, then put into the queue."""

from __future__ import annotations

import msgspec

from millrace.clock import Clock
from millrace.erasure import Farewell, Known, open_farewell
from millrace.erasure.ports import Erasures
from millrace.erasure.waking import LATE_SECONDS, Queue
from millrace.privacy import Randomness, Vault


class Farewells(msgspec.Struct, frozen=True, kw_only=True):
    """Where erasures are kept, and the queue that functions/privacy/erase reads."""

    erasures: Erasures
    queue: Queue
    vault: Vault
    clock: Clock
    randomness: Randomness

    def open(self, known: Known, farewell: Farewell) -> None:
        """The message is late enough for every send that is under way to be over.

        Raises RetryLater: then it may be kept, or not; one that nobody sent for is found as
        erasures are, and asks for somebody who is gone, or back.
        """
        opened = open_farewell(
            known,
            farewell,
            erasures=self.erasures,
            vault=self.vault,
            clock=self.clock,
            randomness=self.randomness,
        )
        self.queue.send(opened.id, delay_seconds=LATE_SECONDS)
