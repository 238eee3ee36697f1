"""A batch of stream records becomes one file for each hour it touches.

A file's name is made of the events in it, so a retried batch replaces its own files. Batches may
still overlap after a crash or a bisect: the lake is at-least-once, readers dedupe by `event_id`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from millrace.errors import GiveUp
from millrace.events import open_envelope
from millrace.lake.columns import EVENTS_PREFIX
from millrace.lake.model import Row
from millrace.lake.ports import LakeWriter
from millrace.lake.rows import to_row
from millrace.privacy import Vault


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a batch."""

    rows: int
    files: int
    unreadable: int
    """Records nobody can open. profiles/update keeps them as failed events and counts them in the
    ledger; the lake reads the same stream, so it only says that it met them."""


def write_batch(records: Iterable[bytes], *, vault: Vault, lake: LakeWriter) -> Written:
    """Write every readable event of `records` to the lake, once within the batch.

    Raises RetryLater when a file could not be written: the whole batch comes again.
    """
    rows: dict[str, Row] = {}
    unreadable = 0
    for data in records:
        try:
            events = open_envelope(data, vault).events
        except GiveUp:
            unreadable += 1
            continue
        for event in events:
            row = to_row(event, vault)
            rows.setdefault(row.event_id, row)
    files = _files(rows.values())
    for key, members in files.items():
        lake.write(key, members)
    return Written(rows=len(rows), files=len(files), unreadable=unreadable)


def _files(rows: Iterable[Row]) -> dict[str, list[Row]]:
    hours: dict[str, list[Row]] = {}
    for row in rows:
        hours.setdefault(_hour(row.received_at), []).append(row)
    files: dict[str, list[Row]] = {}
    for hour, members in sorted(hours.items()):
        members.sort(key=lambda row: (row.event, row.event_at, row.event_id))
        files[f"{EVENTS_PREFIX}/{hour}/{_name(members)}.parquet"] = members
    return files


def _hour(epoch_ms: int) -> str:
    return datetime.fromtimestamp(epoch_ms / 1000, UTC).strftime("day=%Y-%m-%d/hour=%H")


def _name(rows: Iterable[Row]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for event_id in sorted(row.event_id for row in rows):
        digest.update(event_id.encode())
    return digest.hexdigest()
