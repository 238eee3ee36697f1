"""Receipts: what became of each event of one request, for senders that ask."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from millrace.http import Request
from millrace.intake.normalise import message_id_of
from millrace.intake.sorting import Item
from millrace.intake.taking import COLLISION, Taken

HEADER = "x-millrace-receipt"


class Receipt(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`duplicate` and `collision` are found as far as this sandbox remembers, no further."""

    index: int
    message_id: str
    """The id as it counts: the sender's own, or the one that was made; "" where none is known."""
    status: Literal["accepted", "duplicate", "collision", "invalid"]
    code: str = ""
    """Why it is kept as a failed event."""
    pointer: str = ""


def is_asked(request: Request) -> bool:
    """Whether the sender wants receipts: `X-Millrace-Receipt: 1` or `?receipt=1`."""
    return request.headers.get(HEADER) == "1" or request.query.get("receipt") == "1"


def receipts(items: Sequence[Item], taken: Taken) -> list[Receipt]:
    """One for each item, in their order."""
    failed = {event.position: event for event in taken.failed}
    events = iter(zip(taken.events, taken.repeats, strict=True))
    found = []
    for index, item in enumerate(items):
        if index not in failed:
            event, repeat = next(events)
            found.append(Receipt(index=index, message_id=event.message_id, status=repeat))
            continue
        reason = failed[index]
        found.append(
            Receipt(
                index=index,
                message_id=message_id_of(item.fields),
                status="collision" if reason.code == COLLISION else "invalid",
                code=reason.code,
                pointer=reason.pointer,
            )
        )
    return found
