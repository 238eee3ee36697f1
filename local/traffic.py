"""A shop's days as a script: the same seed gives the same requests, byte for byte."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

OPENING = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)
PRODUCTS = (
    ("P-100", "Trail Shoes", "Shoes", 89.0),
    ("P-101", "City Sneakers", "Shoes", 69.5),
    ("P-200", "Rain Jacket", "Jackets", 129.0),
    ("P-201", "Wool Coat", "Jackets", 210.0),
    ("P-300", "Day Pack", "Bags", 54.9),
    ("P-301", "Weekender", "Bags", 119.0),
)
FIRST_NAMES = ("Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald", "Frances", "Tony", "Radia")
BATCH_SIZE = 20


class Send(msgspec.Struct, frozen=True):
    """One POST of a client; `copies` > 1 is a client that retries what was already taken."""

    path: str
    body: bytes
    event_count: int
    copies: int = 1


class Advance(msgspec.Struct, frozen=True):
    """Let time pass."""

    seconds: int


class FailNext(msgspec.Struct, frozen=True):
    """Make a destination refuse its next requests."""

    destination: str
    status: int
    times: int


Step = Send | Advance | FailNext


class Shop:
    """Visitors who look, some who sign up, some who buy; and the mishaps of a real day."""

    def __init__(self, *, seed: int, visitors: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - traffic, not secrets
        self._visitors = visitors
        self._now = OPENING
        self._sent = 0

    def days(self) -> Iterator[Step]:
        """Ada's long visit, the first day, a rough patch, and the return two weeks later."""
        yield from self._ada()
        yield FailNext("klaviyo", 429, 1)
        yield from self._visits(first=0)
        yield from self._pass(3_600)
        yield from self._mishaps()
        yield from self._pass(14 * 86_400)
        yield from self._visits(first=self._visitors // 2)

    def _ada(self) -> Iterator[Step]:
        """50 events as a stranger, then she says who she is."""
        looks = [
            self._event("track", anonymousId="ada-phone", event="Product Viewed", **self._look())
            for _ in range(50)
        ]
        yield from self._batches(looks)
        yield from self._batches([self._identify("ada-phone", "ada", "Ada")])

    def _visits(self, *, first: int) -> Iterator[Step]:
        events = []
        for number in range(first, first + self._visitors):
            events += self._visit(number)
            self._now += timedelta(seconds=self._random.randint(20, 90))
        yield from self._batches(events)

    def _visit(self, number: int) -> list[dict[str, Any]]:
        """One session; every third signs up, every sixth buys, every tenth refuses analytics."""
        anonymous = f"device-{number}"
        who: dict[str, Any] = {"anonymousId": anonymous}
        if number % 10 == 9:
            who["context"] = _says(analytics=False)
        events = [self._event("page", name="Home", properties={"path": "/"}, **who)]
        if number % 3 == 0:
            name = FIRST_NAMES[number // 3 % len(FIRST_NAMES)]
            events.append(self._identify(anonymous, f"customer-{number}", name))
            who["userId"] = f"customer-{number}"
        looks = ["Product Viewed"] * self._random.randint(3, 12)
        bought = ["Product Added", "Order Completed"] if number % 6 == 0 else []
        return events + [
            self._event("track", event=event, **self._look(), **who) for event in looks + bought
        ]

    def _mishaps(self) -> Iterator[Step]:
        """A client that retries, events nobody can use, and two people who turn out to be one."""
        retried = [
            self._event("track", event="Cart Viewed", userId=f"customer-{number}")
            for number in range(0, 60, 3)
        ]
        yield from self._batches(retried, copies=3)
        broken = self._event("track", event="Order Completed", userId="customer-0")
        broken["properties"] = {"revenue": float("nan")}
        huge = self._event("track", event="Product Viewed", userId="customer-0")
        huge["properties"] = {"note": "x" * 33_000}
        nobody = self._event("track", event="Product Viewed", userId="null")
        good = self._event("track", event="Product Viewed", userId="customer-0")
        yield from self._batches([broken, good, huge, nobody])
        yield from self._batches([self._event("alias", previousId="ada", userId="ada.lovelace")])

    def _pass(self, seconds: int) -> Iterator[Step]:
        self._now += timedelta(seconds=seconds)
        yield Advance(seconds)

    def _identify(self, anonymous: str, user: str, first_name: str) -> dict[str, Any]:
        traits = {"first_name": first_name, "email": f"{user}@shop.example", "plan": "free"}
        said = _says(email_marketing=True)
        return self._event(
            "identify", anonymousId=anonymous, userId=user, traits=traits, context=said
        )

    def _look(self) -> dict[str, Any]:
        product, name, category, price = self._random.choice(PRODUCTS)
        return {
            "properties": {
                "product_id": product,
                "name": name,
                "category": category,
                "price": price,
                "revenue": price,
                "currency": "EUR",
            }
        }

    def _event(self, kind: str, **fields: Any) -> dict[str, Any]:
        self._sent += 1
        self._now += timedelta(seconds=self._random.randint(1, 9))
        message_id = f"shop-{self._sent:06d}-{self._random.getrandbits(64):016x}"
        at = self._now.isoformat(timespec="milliseconds")
        return {"type": kind, "messageId": message_id, "timestamp": at, **fields}

    def _batches(self, events: list[dict[str, Any]], *, copies: int = 1) -> Iterator[Send]:
        sent_at = self._now.isoformat(timespec="milliseconds")
        for start in range(0, len(events), BATCH_SIZE):
            batch = events[start : start + BATCH_SIZE]
            body = _with_nan({"batch": batch, "sentAt": sent_at})
            yield Send("/v1/batch", body, len(batch), copies)


def _says(**purposes: bool) -> dict[str, Any]:
    """What a consent banner puts into the context of an event."""
    return {"consent": {"categoryPreferences": purposes}}


def _with_nan(payload: dict[str, Any]) -> bytes:
    """JSON as careless clients write it: NaN stays NaN."""
    return json.dumps(payload, separators=(",", ":")).encode()
