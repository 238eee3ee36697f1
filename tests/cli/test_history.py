"""The history as the commands read it: DuckDB over a lake's files, and Athena.

The Athena here answers with Athena's shapes, but runs the SQL it was sent: DuckDB knows all of it
but `to_unixtime`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.history import AthenaHistory, LocalHistory
from local.sql import open_lake
from millrace.adapters.lake import to_parquet
from millrace.errors import NeedsHuman
from millrace.lake import EVENTS, PROFILE_CHANGES, ChangeRow, Row

NOON = 1_795_348_800_123  # 2026-11-22T12:00:00.123Z
ADA, BOB = "ad" * 16, "b0" * 16


class Athena:
    """One query after another, each asked for twice before it is done."""

    def __init__(self, lake: Path, state: str = "SUCCEEDED") -> None:
        self._lake = lake
        self._states = ["RUNNING", state]
        self.started: list[dict] = []

    def start_query_execution(self, **asked):
        self.started.append(asked)
        return {"QueryExecutionId": "q1"}

    def get_query_execution(self, **_):
        status = {"State": self._states.pop(0), "StateChangeReason": "too many bytes scanned"}
        return {"QueryExecution": {"Status": status}}

    def get_paginator(self, name):
        assert name == "get_query_results"
        return self

    def paginate(self, **_):
        with open_lake(self._lake) as connection:
            connection.execute("create macro to_unixtime(t) as epoch_ms(t) / 1000.0")
            answer = connection.execute(self.started[-1]["QueryString"])
            rows = [[column[0] for column in answer.description], *answer.fetchall()]
        for start in range(0, len(rows), 2):
            shown = [[self._value(value) for value in row] for row in rows[start : start + 2]]
            yield {"ResultSet": {"Rows": [{"Data": row} for row in shown]}}

    @staticmethod
    def _value(value):
        return {} if value is None else {"VarCharValue": str(value)}


def a_change(person=ADA, version=1, **changes) -> ChangeRow:
    values = {
        "person": person,
        "version": version,
        "change": "trait_set",
        "name": "plan",
        "source": "crm",
        "event_id": "e1",
        "event_at": NOON - 5,
        "committed_at": NOON,
        "subject": person,
        "sealed": b"\x00\xffsealed",
    }
    return ChangeRow(**values | changes)


@pytest.fixture
def lake(tmp_path) -> Path:
    event = Row(
        event_id="e",
        source="s",
        type="track",
        event="x",
        subject="t",
        event_at=NOON,
        received_at=NOON,
        sealed=b"",
    )
    removed = a_change(version=2, change="trait_removed", event_at=None, sealed=None)
    files = {
        "events/day=2026-11-22/hour=12/a": to_parquet([event], EVENTS),
        "profile_changes/day=2026-11-22/hour=12/a": to_parquet(
            [a_change(), removed, a_change(BOB)], PROFILE_CHANGES
        ),
        "profile_changes/day=2026-11-22/hour=12/b": to_parquet([a_change()], PROFILE_CHANGES),
        "profile_changes/day=2026-11-23/hour=00/a": to_parquet(
            [a_change(version=3, committed_at=NOON + 86_400_000)], PROFILE_CHANGES
        ),
    }
    for key, body in files.items():
        (tmp_path / key).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / f"{key}.parquet").write_bytes(body)
    return tmp_path


@pytest.fixture(params=["duckdb", "athena"])
def history(request, lake):
    if request.param == "duckdb":
        return LocalHistory(lake)
    return AthenaHistory(Athena(lake), database="millrace_prod", work_group="millrace-prod")


def test_the_rows_of_a_person_are_found_once_with_all_their_columns(history):
    removed = a_change(version=2, change="trait_removed", event_at=None, sealed=None)
    found = sorted(history.rows([ADA], NOON), key=lambda row: row.version)
    assert found == [a_change(), removed]


def test_days_after_the_moment_are_not_read_and_several_people_are_one_question(history):
    found = history.rows([ADA, BOB], NOON + 86_400_000)
    assert sorted((row.person, row.version) for row in found) == [
        (ADA, 1),
        (ADA, 2),
        (ADA, 3),
        (BOB, 1),
    ]


def test_a_lake_without_history_has_no_rows(tmp_path):
    assert LocalHistory(tmp_path).rows([ADA], NOON) == []


@pytest.mark.parametrize("person", ["", "a' OR 1=1 --", 'a"b', "AD" * 16, "i#user_id#ada", "ad"])
def test_what_is_no_pseudonym_does_not_get_into_a_question(history, person):
    with pytest.raises(NeedsHuman, match="bad_pseudonym"):
        history.rows([person], NOON)


def test_athena_is_asked_in_its_work_group_and_its_reasons_are_told(lake):
    athena = Athena(lake, state="FAILED")
    history = AthenaHistory(athena, database="millrace_prod", work_group="millrace-prod")
    with pytest.raises(NeedsHuman, match="too many bytes scanned"):
        history.rows([ADA], NOON)
    (asked,) = athena.started
    assert asked["WorkGroup"] == "millrace-prod"
    assert asked["QueryExecutionContext"] == {"Database": "millrace_prod"}


def test_the_engines_agree_on_every_row(lake):
    athena = AthenaHistory(Athena(lake), database="d", work_group="w")
    key = lambda row: (row.person, row.version)  # noqa: E731
    ours = sorted(LocalHistory(lake).rows([ADA, BOB], NOON), key=key)
    assert sorted(athena.rows([ADA, BOB], NOON), key=key) == ours
