"""The rows of the lake's tables; times are epoch milliseconds."""

from __future__ import annotations

from typing import Any

import msgspec


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One row of `events`: the fields are `EVENT_COLUMNS`, in the same order."""

    event_id: str
    source: str
    type: str
    event: str
    subject: str
    event_at: int
    received_at: int
    revenue: float | None = None
    currency: str | None = None
    properties: dict[str, Any] | None = None
    sealed: bytes


class ChangeRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row of `profile_changes`: the fields are `PROFILE_CHANGE_COLUMNS`, in the same order."""

    person: str
    version: int
    change: str
    name: str
    kind: str = ""
    source: str = ""
    event_id: str = ""
    event_at: int | None = None
    committed_at: int
    operator: str = ""
    subject: str = ""
    sealed: bytes | None = None
