"""Planned events that have older versions, for as long as a test runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from millrace.events import upcasting
from millrace.events.catalog.email_bounced import event as email_bounced
from millrace.events.catalog.order_completed import event as order_completed
from millrace.events.definition import EventDefinition, OlderVersion

Values = dict[str, Any]


class OrderCompleted1(msgspec.Struct, frozen=True, kw_only=True):
    """Version 1: another name for the id and for the amount, which was in cents."""

    order_number: str
    cents: int
    currency: str | None = None


class OrderCompleted2(msgspec.Struct, frozen=True, kw_only=True):
    """Version 2: the id has its name of today, the amount is whole."""

    order_id: str
    amount: float
    currency: str | None = None


class EmailBounced1(msgspec.Struct, frozen=True, kw_only=True):
    """Version 1: said only whether it was for good."""

    is_permanent: bool


def renamed(old: str, new: str, read: Callable[[Any], Any] = lambda value: value) -> Any:
    """An upcast that moves one property."""

    def upcast(values: Values) -> Values:
        rest = {name: value for name, value in values.items() if name != old}
        return {new: read(values[old]), **rest} if old in values else values

    return upcast


def _in_units(cents: Any) -> Any:
    return cents / 100 if isinstance(cents, int) else cents


def _ids_and_units(values: Values) -> Values:
    return renamed("cents", "amount", _in_units)(renamed("order_number", "order_id")(values))  # type: ignore[no-any-return]


ORDERS = msgspec.structs.replace(
    order_completed,
    version=3,
    older=(
        OlderVersion(
            version=1,
            properties=OrderCompleted1,
            example={"order_number": "o-1", "cents": 1999},
            upcast=_ids_and_units,
        ),
        OlderVersion(
            version=2,
            properties=OrderCompleted2,
            example={"order_id": "o-1", "amount": 19.99},
            upcast=renamed("amount", "revenue"),
        ),
    ),
)
BOUNCES = msgspec.structs.replace(
    email_bounced,
    version=2,
    older=(
        OlderVersion(
            version=1,
            properties=EmailBounced1,
            example={"is_permanent": True},
            upcast=renamed(
                "is_permanent", "bounce_type", lambda value: "hard" if value else "soft"
            ),
        ),
    ),
)


@contextmanager
def planned(monkeypatch: Any, *definitions: EventDefinition) -> Iterator[None]:
    """The catalogue with these in the place of those of their names."""
    with monkeypatch.context() as patch:
        for each in definitions:
            patch.setitem(upcasting._catalogue()._found, each.name, each)
        upcasting._with_versions.cache_clear()
        yield
    upcasting._with_versions.cache_clear()
