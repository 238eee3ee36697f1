"""`run.py sql` over files of several ages."""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa
import pyarrow.parquet as pq

from local.sql import query_lake

FOLDER = "events/day=2026-11-22/hour=12"


def a_file(lake, name: str, row: dict) -> None:
    folder = lake / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    row = {"source": "website", "received_at": datetime.fromisoformat("2026-11-22T12:00:00"), **row}
    pq.write_table(pa.Table.from_pylist([row]), folder / f"{name}.parquet")


def test_a_property_that_came_later_is_null_in_the_files_of_before(tmp_path):
    a_file(tmp_path, "a", {"event_id": "1"})
    a_file(tmp_path, "b", {"event_id": "2", "properties": {"order_id": "17"}})
    a_file(tmp_path, "c", {"event_id": "3", "properties": {"coupon": "X", "order_id": "18"}})
    asked = "select properties.order_id, properties.coupon from events order by event_id"
    assert query_lake(tmp_path, asked) == [(None, None), ("17", None), ("18", "X")]


def test_a_table_without_files_has_its_columns(tmp_path):
    a_file(tmp_path, "a", {"event_id": "1"})
    assert query_lake(tmp_path, "select count(version) from profile_changes") == [(0,)]
