"""`python -m local.sql "select ..."`: DuckDB over the local lake's Parquet files.

`events` holds every event once, `profile_changes` every change of a profile; `events_log` and
`profile_changes_log` are what was written, repeats included.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import duckdb

from millrace.lake.columns import PARTITION_COLUMNS, TABLES, Table, view_sql
from millrace.lake.kinds import Kind, read_kind

STATE = Path(__file__).resolve().parent.parent / ".millrace"


_DUCK = {"string": "varchar", "binary": "blob"}


class EmptyLakeError(Exception):
    """There is nothing to ask yet; the message says how to change that."""


def open_lake(lake_path: Path) -> duckdb.DuckDBPyConnection:
    """A connection with two views for each table of the lake; EmptyLakeError without events."""
    if not any((lake_path / "events").rglob("*.parquet")):
        raise EmptyLakeError(
            f"{lake_path} holds no events yet: start `python3 run.py local`, send some, and ask "
            "again once /_local/settled has answered (the lake is written every five minutes)"
        )
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    for table in TABLES:
        connection.execute(f"create view {table.name}_log as {_files(lake_path, table)}")
        connection.execute(f"create view {table.name} as {view_sql(table)}")
    return connection


def _files(lake_path: Path, table: Table) -> str:
    """What reads the files of a table; what files of before do not have is null."""
    columns = (*table.columns, *PARTITION_COLUMNS)
    shape = ", ".join(f'null::{_type(read_kind(kind))} as "{name}"' for name, kind in columns)
    empty = f"select {shape} where false"
    if not any((lake_path / table.prefix).rglob("*.parquet")):
        return empty
    files = str(lake_path / table.prefix / "**" / "*.parquet").replace("'", "''")
    options = "hive_partitioning = true, hive_types_autocast = false, union_by_name = true"
    read = f"select * from read_parquet('{files}', {options})"  # noqa: S608 - our own folder
    return f"{empty} union all by name {read}"


def _type(kind: Kind) -> str:
    """What DuckDB calls a Glue type."""
    if kind.name == "array":
        return f"{_type(kind.parts[0][1])}[]"
    if kind.name == "struct":
        parts = (f'"{name}" {_type(part)}' for name, part in kind.parts)
        return f"struct({', '.join(parts)})"
    return _DUCK.get(kind.name, kind.name)


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
