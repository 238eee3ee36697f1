"""The lake: every event as a Parquet row, by day and hour, with nobody's name in clear."""

from millrace.lake.columns import EVENT_COLUMNS, EVENTS_PREFIX, PARTITION_COLUMNS
from millrace.lake.model import Row
from millrace.lake.ports import LakeWriter
from millrace.lake.rows import open_event, to_row
from millrace.lake.write import Written, write_batch

__all__ = [
    "EVENTS_PREFIX",
    "EVENT_COLUMNS",
    "PARTITION_COLUMNS",
    "LakeWriter",
    "Row",
    "Written",
    "open_event",
    "to_row",
    "write_batch",
]
