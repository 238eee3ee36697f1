"""`python -m local.sql "select ..."`: DuckDB over the local lake's Parquet files.

`events_log` is what was written, repeats included; `events` holds every event once.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import duckdb

STATE = Path(__file__).resolve().parent.parent / ".millrace"


class EmptyLakeError(Exception):
    """There is nothing to ask yet; the message says how to change that."""


def open_lake(lake_path: Path) -> duckdb.DuckDBPyConnection:
    """A connection with the views `events_log` and `events`; EmptyLakeError without files."""
    if not any((lake_path / "events").rglob("*.parquet")):
        raise EmptyLakeError(
            f"{lake_path} holds no events yet: start `python3 run.py local`, send some, and ask "
            "again once /_local/settled has answered (the lake is written every five minutes)"
        )
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    files = str(lake_path / "events" / "**" / "*.parquet").replace("'", "''")
    connection.execute(
        "create view events_log as select * from "  # noqa: S608 - our own folder
        f"read_parquet('{files}', hive_partitioning = true, hive_types_autocast = false)"
    )
    connection.execute(
        "create view events as select * from events_log "
        "qualify row_number() over (partition by source, event_id order by received_at desc) = 1"
    )
    return connection


def query_lake(lake_path: Path, question: str) -> list[tuple[Any, ...]]:
    """The rows of one SQL question to the lake."""
    with open_lake(lake_path) as connection:
        return connection.execute(question).fetchall()


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="run.py sql", description=__doc__)
    parser.add_argument("question", help='e.g. "select event, count(*) from events group by 1"')
    parser.add_argument("--state", type=Path, default=STATE, help="the folder `run.py local` used")
    options = parser.parse_args(arguments)
    try:
        with open_lake(options.state / "lake") as connection:
            answer = connection.execute(options.question)
            names = [column[0] for column in answer.description or []]
            print_table(names, answer.fetchall())
    except (EmptyLakeError, duckdb.Error) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def print_table(names: list[str], rows: list[tuple[Any, ...]]) -> None:
    """Columns padded to their widest value."""
    table = [names, *([_text(value) for value in row] for row in rows)]
    widths = [max(len(row[place]) for row in table) for place in range(len(names))]
    for row in table:
        print(
            "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        )


def _text(value: Any) -> str:
    if value is None:
        return ""
    return f"<{len(value)} bytes>" if isinstance(value, bytes) else str(value)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
