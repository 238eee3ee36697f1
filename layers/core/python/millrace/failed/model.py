"""A kept failed event as an operator sees it, and how it is named."""

from __future__ import annotations

import re

import msgspec

from millrace.errors import NeedsHuman
from millrace.events.model import FailedEvent

SEALED_CONTEXT = "failed_event"
"""What payloads and arrivals are sealed under."""
PREFIX = "failed_events"
REPLAYED_PREFIX = "failed_events_replayed"
JOURNAL_PREFIX = "failed_event_replays"
"""Under it, who replayed what."""
_KEY = re.compile(rf"{PREFIX}/day=(\d{{4}}-\d\d-\d\d)/hour=(\d\d)/([0-9a-f]{{40}})\.json", re.ASCII)
_ID = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d)-([0-9a-f]{40})", re.ASCII)


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept in clear of one failed event; nothing of it is personal data."""

    id: str
    stage: str
    code: str
    pointer: str
    source: str
    schema_version: str
    received_at: int
    request_id: str
    position: int = 0
    sealed_bytes: int = 0
    """How long the sealed payload is."""


class KeptEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One failed event with its payload opened, and where it lies."""

    key: str
    failed: FailedEvent
    sealed: bytes = b""
    """The whole of it, as it lies there."""
    is_readable: bool = True
    """Whether the vault still opens the payload; it is empty where not."""


def id_of(key: str) -> str:
    """The short name of the failed event at `key`; nothing for a key that holds none."""
    found = _KEY.fullmatch(key)
    return f"{found[1]}T{found[2]}-{found[3]}" if found else ""


def key_of(name: str) -> str:
    """Where the failed event called `name` lies; NeedsHuman `bad_id` for what names none."""
    found = _ID.fullmatch(name)
    if found is None:
        raise NeedsHuman(
            "bad_id", "an id is written 2026-11-22T03-<40 hex digits>, as `failed list` prints it"
        )
    return f"{PREFIX}/day={found[1]}/hour={found[2]}/{found[3]}.json"


def replayed_key(key: str) -> str:
    """Where a failed event lies once it was replayed."""
    return REPLAYED_PREFIX + key.removeprefix(PREFIX)
