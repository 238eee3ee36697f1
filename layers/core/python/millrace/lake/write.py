"""A batch of stream records becomes one file of events for each hour it touches."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from millrace.errors import GiveUp
from millrace.events import Event, open_envelope
from millrace.lake.columns import EVENTS
from millrace.lake.files import files_of
from millrace.lake.model import Row
from millrace.lake.ports import LakeWriter
from millrace.lake.rows import to_row
from millrace.lake.subjects import Grants, Sealing
from millrace.lake.withholding import as_kept
from millrace.privacy import Subjects, Vault
from millrace.settings import ConsentSettings


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a batch."""

    rows: int
    files: int
    unreadable: int
    """Records nobody can open. profiles/update keeps them as failed events and counts them in the
    ledger; the lake reads the same stream, so it only says that it met them."""
    erased: int = 0
    """Events of somebody who was erased since: no row is written of them."""


def write_batch(
    records: Iterable[bytes],
    *,
    vault: Vault,
    subjects: Subjects,
    lake: LakeWriter,
    grants: Grants,
    consent: ConsentSettings,
) -> Written:
    """Write every readable event of `records` to the lake, once within the batch.

    Raises RetryLater when a file could not be written: the whole batch comes again.
    """
    rows: dict[str, Row] = {}
    events: list[Event] = []
    unreadable = 0
    for data in records:
        try:
            envelope = open_envelope(data, vault)
        except GiveUp:
            unreadable += 1
            continue
        if envelope.is_from_lake is not True:
            events += envelope.events
    kept = Sealing(subjects, vault, grants).sift(events)
    for event, subject in kept:
        row = to_row(as_kept(event, consent), subject)
        rows.setdefault(row.event_id, row)
    ordered = sorted(rows.values(), key=lambda row: (row.event, row.event_at, row.event_id))
    files = files_of(EVENTS, ordered, at=lambda row: row.received_at, id_=lambda row: row.event_id)
    for key, members in files.items():
        lake.write(key, members, EVENTS)
    erased = len(events) - len(kept)
    return Written(rows=len(rows), files=len(files), unreadable=unreadable, erased=erased)
