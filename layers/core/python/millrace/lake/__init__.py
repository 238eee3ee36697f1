"""The lake: events and changes as Parquet, by day and hour, with nobody's name in clear."""

from millrace.lake.changes import ChangesWritten, write_changes
from millrace.lake.columns import (
    EVENT_COLUMNS,
    EVENTS,
    EVENTS_PREFIX,
    PARTITION_COLUMNS,
    PROFILE_CHANGES,
    Table,
)
from millrace.lake.images import RowChange
from millrace.lake.model import ChangeRow, Row
from millrace.lake.ports import LakeFiles, LakeWriter, Pseudonyms, StoredEvent
from millrace.lake.properties import PROPERTY_FIELDS
from millrace.lake.rows import open_event, to_row
from millrace.lake.values import open_value
from millrace.lake.write import Written, write_batch

__all__ = [
    "EVENTS",
    "EVENTS_PREFIX",
    "EVENT_COLUMNS",
    "PARTITION_COLUMNS",
    "PROFILE_CHANGES",
    "PROPERTY_FIELDS",
    "ChangeRow",
    "ChangesWritten",
    "LakeFiles",
    "LakeWriter",
    "Pseudonyms",
    "Row",
    "RowChange",
    "StoredEvent",
    "Table",
    "Written",
    "open_event",
    "open_value",
    "to_row",
    "write_batch",
    "write_changes",
]
