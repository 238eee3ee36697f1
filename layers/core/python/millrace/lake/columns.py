"""The columns of the `events` table, once: Parquet, Glue and DuckDB read them from here.

Nothing here names a person in clear: who it is travels as a token, what they did in `sealed`.
"""

from __future__ import annotations

EVENT_COLUMNS: tuple[tuple[str, str], ...] = (
    ("event_id", "string"),  # keyed hash of source and message id: readers dedupe by it
    ("source", "string"),
    ("type", "string"),  # track, identify, page, screen, group, alias
    ("event", "string"),  # the event's name for a track call, else its type
    ("subject", "string"),  # token of the anchor identifier: tells people apart, names nobody
    ("event_at", "timestamp"),  # UTC, milliseconds
    ("received_at", "timestamp"),  # UTC, milliseconds
    ("revenue", "double"),
    ("currency", "string"),  # three letters
    ("sealed", "binary"),  # the whole event: millrace.lake.open_event
)
"""(name, Glue type), in the order of the file."""

PARTITION_COLUMNS: tuple[tuple[str, str], ...] = (("day", "string"), ("hour", "string"))
"""Of `received_at`, UTC, in the path: `events/day=2026-11-22/hour=07/`."""

EVENTS_PREFIX = "events"
