"""Accepted events to stream records: one per anchor and request, split only where it must be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from millrace.events.envelope import Envelope, seal_envelope
from millrace.events.model import Event, Identifier
from millrace.intake.ports import SinkRecord
from millrace.privacy.ports import Vault

MAX_RECORD_JSON = 1_000_000
"""Bytes of JSON in one record. Compressed and sealed they stay under Kinesis' 1 MiB even where
compression gains nothing, and they inflate to far less than a reader allows."""

_encoder = msgspec.json.Encoder()


def to_records(
    events: Sequence[Event], request_id: str, vault: Vault, *, is_from_lake: bool = False
) -> list[SinkRecord]:
    """The records for `events`: grouped by anchor, order kept."""
    mark = is_from_lake or msgspec.UNSET
    groups: dict[Identifier, list[Event]] = {}
    for event in events:
        groups.setdefault(event.anchor, []).append(event)
    records = []
    for anchor, group in groups.items():
        partition_key = vault.token(anchor.kind, anchor.value)
        for part in _parts(group):
            envelope = Envelope(events=part, request_id=request_id, is_from_lake=mark)
            records.append(
                SinkRecord(
                    partition_key=partition_key,
                    data=seal_envelope(envelope, vault),
                    event_count=len(part),
                )
            )
    return records


def _parts(group: list[Event]) -> Iterator[tuple[Event, ...]]:
    if len(group) == 1:
        yield tuple(group)
        return
    part: list[Event] = []
    size = 0
    for event in group:
        length = len(_encoder.encode(event))
        if part and size + length > MAX_RECORD_JSON:
            yield tuple(part)
            part, size = [], 0
        part.append(event)
        size += length
    yield tuple(part)
