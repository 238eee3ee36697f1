"""One row of the `events` table."""

from __future__ import annotations

import msgspec


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """The fields are `EVENT_COLUMNS`, in the same order; times are epoch milliseconds."""

    event_id: str
    source: str
    type: str
    event: str
    subject: str
    event_at: int
    received_at: int
    revenue: float | None = None
    currency: str | None = None
    sealed: bytes
