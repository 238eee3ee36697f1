"""A shop in memory with somebody to erase, and faults between any two calls."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

from millrace.erasure import Erasing, ErasingPorts, Erasure, open_erasure
from millrace.erasure.certificate import REMAINS
from millrace.erasure.remainders import Holder, of_detour, of_failed_event, of_parked
from millrace.errors import MillraceError
from millrace.events import Envelope, Event, seal_envelope
from millrace.intake.overflow import pack
from millrace.intake.ports import SinkRecord
from millrace.privacy import Vault
from tests.core.profiles.stories import NOON, World, event
from tests.fakes.deliveries import MemoryDeliveries
from tests.fakes.erasures import MemoryErasures, MemoryForgetting
from tests.fakes.ledger import MemoryLedger
from tests.fakes.sealed_objects import MemorySealedObjects
from tests.fakes.subjects import Counter
from tests.fakes.suppressions import MemorySuppressions

HOUR = 3_600_000


class Crash(BaseException):
    """The sandbox dies."""


REMAINS_HOURS = dict.fromkeys(REMAINS, 24)


def failed(payload: bytes, vault: Vault, received_at: int = NOON, arrival: bytes = b"") -> bytes:
    """A failed event as it is kept."""
    fields = {"stage": "intake", "code": "x", "source": "web", "received_at": received_at}
    for name, content in (("payload", payload), ("arrival", arrival)):
        if content:
            sealed = vault.seal(content, context="failed_event")
            fields[name] = base64.b64encode(sealed).decode()
    return json.dumps(fields).encode()


def detour(vault: Vault, *records: tuple[Event, ...]) -> bytes:
    """An object of the overflow bucket."""
    sealed = [seal_envelope(Envelope(events=events), vault) for events in records]
    counts = [len(events) for events in records]
    return pack(
        [
            SinkRecord(partition_key=f"p{n}", data=data, event_count=count)
            for n, (data, count) in enumerate(zip(sealed, counts, strict=True))
        ]
    )


def parked(vault: Vault, *records: tuple[Event, ...], is_text: bool = True) -> bytes:
    """A batch as Lambda writes it when it ran out of retries."""
    batch = [
        {
            "eventSource": "aws:kinesis",
            "kinesis": {
                "partitionKey": "p",
                "data": base64.b64encode(seal_envelope(Envelope(events=events), vault)).decode(),
            },
        }
        for events in records
    ]
    payload: Any = {"Records": batch}
    return json.dumps(
        {"version": "1.0", "payload": json.dumps(payload) if is_text else payload}
    ).encode()


class Counted:
    """`Counts`."""

    def __init__(self) -> None:
        self.erased = 0

    def count(self, name: str, amount: int, /) -> None:
        assert name == "EventsErased"
        self.erased += amount


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
        vault = self.world.vault
        self.failed = MemorySealedObjects("failed events")
        self.failed.put("failed_events/1", failed(b'{"email": " ANN@x.com "}', vault))
        self.failed.put("failed_events/2", failed(b'{"userId": "bob"}', vault))
        ann, bob = event("o1", user="ann", at=7), event("o2", user="bob", at=8)
        self.overflow = MemorySealedObjects("overflow")
        self.overflow.put("overflow/1", detour(vault, (ann,), (bob,)))
        self.parked = MemorySealedObjects("parked batches")
        self.parked.put("aws/lambda/1", parked(vault, (ann,), (bob,)))
        self.counted = Counted()
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
            holders=[
                Holder(objects=self.failed, sift=of_failed_event),
                Holder(objects=self.overflow, sift=of_detour, is_before_profiles=True),
                Holder(objects=self.parked, sift=of_parked),
            ],
            remains_hours=REMAINS_HOURS,
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
                erasure = self.erasing.run(name, is_late=number > 0, counts=self.counted)
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
        objects = (self.failed, self.overflow, self.parked)
        for fake in (self.world.store, self.erasures, self.destinations, *objects):
            yield fake, "before"
            yield fake, "after"
        yield self.world.subjects, "before"

    def hook(self, met: Callable[[str], None]) -> None:
        for fake, side in self.hooked():
            setattr(fake, side, met)
