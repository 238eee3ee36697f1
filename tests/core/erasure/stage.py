"""A shop in memory with somebody to erase, and faults between any two calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from millrace.erasure import Erasing, ErasingPorts, Erasure, open_erasure
from millrace.errors import MillraceError
from millrace.events import FailedEvent
from tests.core.profiles.stories import NOON, World, event
from tests.fakes.deliveries import MemoryDeliveries
from tests.fakes.erasures import MemoryErasures, MemoryForgetting
from tests.fakes.failed_event_store import MemoryFailedEventStore
from tests.fakes.ledger import MemoryLedger
from tests.fakes.subjects import Counter
from tests.fakes.suppressions import MemorySuppressions

HOUR = 3_600_000


class Crash(BaseException):
    """The sandbox dies."""


def failed(payload: bytes) -> FailedEvent:
    return FailedEvent(
        stage="intake", code="x", source="web", received_at=NOON, request_id="r", payload=payload
    )


class Stage:
    """Ann has a device and two addresses, and Bob's device was nearly hers."""

    def __init__(self) -> None:
        self.world = World()
        self.randomness = Counter()
        self.erasures = MemoryErasures()
        self.destinations = MemoryForgetting("klaviyo", "webhook")
        self.deliveries = MemoryDeliveries()
        self.ledger = MemoryLedger(self.world.clock)
        self.suppressions = MemorySuppressions()
        self.failed = MemoryFailedEventStore(
            [failed(b'{"email": " ANN@x.com "}'), failed(b'{"userId": "bob"}')]
        )
        self.world.apply(
            event("m1", user="ann", anonymous="a1", email="ann@x.com", kind="identify", at=1),
            event("m2", user="ann", email="ann@old.com", kind="identify", at=2),
            event("b1", user="bob", anonymous="a1", kind="identify", at=3),
            event("b2", user="bob", kind="identify", traits={"plan": "pro"}, at=4),
        )
        self.world.clock.set(NOON + HOUR)
        self.erasing = Erasing(self.ports())

    def ports(self) -> ErasingPorts:
        return ErasingPorts(
            erasures=self.erasures,
            rows=self.world.store,
            subjects=self.world.subjects,
            deliveries=self.deliveries,
            suppressions=self.suppressions,
            failed_events=self.failed,
            destinations=self.destinations,
            ledger=self.ledger,
            vault=self.world.vault,
            clock=self.world.clock,
        )

    def request(
        self, kind: str = "email", value: str = "ann@x.com", reason: str = "request"
    ) -> str:
        return open_erasure(
            kind,
            value,
            by="api",
            reason=reason,
            erasures=self.erasures,
            vault=self.world.vault,
            clock=self.world.clock,
            randomness=self.randomness,
        ).id

    def finish(self, name: str) -> Erasure:
        """Run it again and again, as the queue does, until it is done."""
        for number in range(60):
            try:
                erasure = self.erasing.run(name, is_late=number > 0)
            except (Crash, MillraceError):
                continue
            assert erasure is not None
            if erasure.is_done:
                return erasure
            self.world.clock.advance(HOUR)
        raise AssertionError("the erasure never ends")

    def names(self) -> list[str]:
        named = [("user_id", "ann"), ("anonymous_id", "a1")]
        named += [("email", "ann@x.com"), ("email", "ann@old.com")]
        return sorted(self.world.key(*name) for name in named)

    def hooked(self) -> Iterator[tuple[Any, str]]:
        """Every place where a call can be met, before and after its effect."""
        for fake in (self.world.store, self.erasures, self.destinations):
            yield fake, "before"
            yield fake, "after"
        yield self.world.subjects, "before"

    def hook(self, met: Callable[[str], None]) -> None:
        for fake, side in self.hooked():
            setattr(fake, side, met)
