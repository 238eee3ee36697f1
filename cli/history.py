"""The table `profile_changes` where the commands look: Athena in AWS, DuckDB on a laptop."""

from __future__ import annotations

import re
import time
from base64 import b64decode
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cli.connection import Connection
from millrace.errors import NeedsHuman, RetryLater
from millrace.lake import PROFILE_CHANGES, ChangeRow
from millrace.lake.columns import view_sql
from millrace.lake.history import History

PATIENCE_SECONDS = 300
_PSEUDONYM = re.compile(r"[0-9a-f]{32}", re.ASCII)
_NUMBERS = {"version", "event_at", "committed_at"}


def history_of(connection: Connection) -> History:
    """The history of the people there."""
    if connection.local:
        return LocalHistory(Path(connection.name("LakePath")))
    return AthenaHistory(
        connection.client("athena"),
        database=connection.name("LakeDatabase"),
        work_group=connection.name("WorkGroup"),
    )


class AthenaHistory:
    """`History` by a query of its work group, which says where results go and what one may cost."""

    def __init__(self, athena: Any, *, database: str, work_group: str) -> None:
        self._athena = athena
        self._database = database
        self._work_group = work_group

    def rows(self, people: Collection[str], until: int) -> list[ChangeRow]:
        sql = _question(people, until, milliseconds="CAST(1000 * to_unixtime({}) AS bigint)")
        started = self._athena.start_query_execution(
            QueryString=sql,
            QueryExecutionContext={"Database": self._database},
            WorkGroup=self._work_group,
        )
        self._wait_for(started["QueryExecutionId"])
        return [_to_row(values) for values in self._values(started["QueryExecutionId"])]

    def _wait_for(self, query: str) -> None:
        for second in range(PATIENCE_SECONDS):
            found = self._athena.get_query_execution(QueryExecutionId=query)
            status = found["QueryExecution"]["Status"]
            if status["State"] == "SUCCEEDED":
                return
            if status["State"] in {"FAILED", "CANCELLED"}:
                why = status.get("StateChangeReason", status["State"])
                raise NeedsHuman("history_refused", f"Athena did not answer: {why}")
            time.sleep(min(1.0, 0.2 * (second + 1)))
        raise RetryLater("history_late", f"Athena has not answered for {PATIENCE_SECONDS} s")

    def _values(self, query: str) -> Iterator[Sequence[str | None]]:
        pages = self._athena.get_paginator("get_query_results").paginate(QueryExecutionId=query)
        rows = (row for page in pages for row in page["ResultSet"]["Rows"])
        next(rows, None)  # the names of the columns
        for row in rows:
            yield [value.get("VarCharValue") for value in row["Data"]]


class LocalHistory:
    """`History` over the Parquet files of a local engine's lake."""

    def __init__(self, lake: Path) -> None:
        self._lake = lake

    def rows(self, people: Collection[str], until: int) -> list[ChangeRow]:
        import duckdb  # noqa: PLC0415 - 60 ms that no other command has to wait for

        folder = self._lake / PROFILE_CHANGES.prefix
        if not any(folder.rglob("*.parquet")):
            return []
        files = str(folder / "**" / "*.parquet").replace("'", "''")
        options = "hive_partitioning = true, hive_types_autocast = false"
        source = f"select * from read_parquet('{files}', {options})"  # noqa: S608 - our own folder
        with duckdb.connect() as connection:
            connection.execute("set timezone = 'UTC'")
            connection.execute(f"create view {PROFILE_CHANGES.name}_log as {source}")
            connection.execute(f"create view {PROFILE_CHANGES.name} as {view_sql(PROFILE_CHANGES)}")
            sql = _question(people, until, milliseconds="epoch_ms({})")
            return [_to_row(values) for values in connection.execute(sql).fetchall()]


def _question(people: Collection[str], until: int, *, milliseconds: str) -> str:
    """SQL that both engines know, but for how a timestamp becomes a number."""
    if not people or not all(_PSEUDONYM.fullmatch(person) for person in people):
        raise NeedsHuman("bad_pseudonym", "the lake calls people by 32 hexadecimal digits")
    columns = ", ".join(
        milliseconds.format(f'"{name}"') if kind == "timestamp" else _shown(name, kind)
        for name, kind in PROFILE_CHANGES.columns
    )
    wanted = ", ".join(f"'{person}'" for person in sorted(set(people)))
    day = datetime.fromtimestamp(until / 1000, UTC).strftime("%Y-%m-%d")
    where = f"person IN ({wanted}) AND day <= '{day}'"
    return f"SELECT {columns} FROM {PROFILE_CHANGES.name} WHERE {where}"  # noqa: S608 - see above


def _shown(name: str, kind: str) -> str:
    return f'to_base64("{name}")' if kind == "binary" else f'"{name}"'


def _to_row(values: Sequence[Any]) -> ChangeRow:
    found: dict[str, Any] = {}
    for (name, kind), value in zip(PROFILE_CHANGES.columns, values, strict=True):
        if value is None:
            found[name] = "" if kind == "string" else None
        elif name in _NUMBERS:
            found[name] = int(value)
        else:
            found[name] = b64decode(value) if kind == "binary" else value
    return ChangeRow(**found)
