"""What one POST carries: its items, and what its body says about all of them."""

from __future__ import annotations

import msgspec

from millrace.errors import RejectedEvent
from millrace.http import Request
from millrace.intake.batches import Batch, broken_body_key, read_batch
from millrace.intake.bodies import MAX_BODY_BYTES, plain_body
from millrace.intake.keys import key_of
from millrace.intake.sorting import Item, key_in_items, read_item

NOT_KEPT = frozenset({"body_too_large", "too_many_events", "context_too_large"})


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    items: list[Item]
    key: str | None
    """The write key that the body names."""
    batch: Batch
    error: RejectedEvent | None = None
    """Why the body as a whole cannot be used; it is then the only item."""


def open_parcel(request: Request, *, is_batch: bool) -> Parcel:
    """The parcel in the body; RejectedEvent only for what is refused without being kept."""
    body = request.body
    try:
        body = plain_body(request)
        batch = read_batch(body) if is_batch else Batch(items=[body])
    except RejectedEvent as error:
        if error.code in NOT_KEPT or len(body) > MAX_BODY_BYTES:
            raise
        return _broken(body, error)
    items = [read_item(raw) for raw in batch.items]
    if not is_batch and items[0].error:
        return _broken(body, items[0].error)
    return Parcel(items=items, key=key_of(batch.write_key) or key_in_items(items), batch=batch)


def _broken(body: bytes, error: RejectedEvent) -> Parcel:
    return Parcel(
        items=[Item(raw=body, error=error)],
        key=key_of(broken_body_key(body)),
        batch=Batch(items=[body]),
        error=error,
    )
