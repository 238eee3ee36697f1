"""Mistakes in what is read, and how long it is believed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from millrace.errors import RetryLater
from millrace.profiles import (
    drafting,
)
from millrace.profiles.commit import SPARE_MS, Committing
from millrace.profiles.model import Write
from millrace.profiles.snapshot import Snapshot
from tests.simulation.mutants.planting import Patch, mutant
from tests.simulation.table import Table


@mutant
def people_opened_once_are_kept_for_the_next_round() -> list[Patch]:
    def init(self: Snapshot, *arguments: Any) -> None:
        real(self, *arguments)
        self._people = kept

    kept: dict[str, Any] = {}
    real = Snapshot.__init__
    return [(Snapshot, "__init__", init)]


@mutant
def rows_read_once_are_kept_while_the_sandbox_lives() -> list[Patch]:
    """Conditions still hold, so nothing is lost; but nothing is ever written again."""

    def init(self: Snapshot, *arguments: Any) -> None:
        real(self, *arguments)
        self.rows = kept

    kept: dict[str, Any] = {}
    real = Snapshot.__init__
    return [(Snapshot, "__init__", init)]


@mutant
def an_alias_whose_root_was_not_there_yet_is_nobody() -> list[Patch]:
    """As it was: the row of the root had been looked for before both were written."""

    def is_torn(self: Snapshot, key: str) -> bool:
        return self.root(key) is not None and real(self, key)

    real = Snapshot._is_torn
    return [(Snapshot, "_is_torn", is_torn)]


@mutant
def a_torn_read_is_believed() -> list[Patch]:
    return [(Snapshot, "torn", lambda self, keys: set())]


@mutant
def the_version_is_read_again_just_before_the_write() -> list[Patch]:
    def write(self: Committing, unit: drafting.Unit) -> bool:
        keys = [one.key for one in unit.writes]
        try:
            rows = self._store.read_rows(keys)
        except RetryLater:
            return False
        unit.writes = [
            msgspec.structs.replace(one, expected=rows[one.key].version if one.key in rows else 0)
            for one in unit.writes
        ]
        return real(self, unit)

    real = Committing._write
    return [(Committing, "_write", write)]


@mutant
def what_did_not_fit_into_the_time_left_is_taken_as_written() -> list[Patch]:
    def write(self: Committing, deadline: Any, call: list[Any]) -> list[Any]:
        return call if deadline.left_ms() <= SPARE_MS else real(self, deadline, call)

    real = Committing._write_in_time
    return [(Committing, "_write_in_time", write)]


@mutant
def a_batch_that_answered_counts_as_written() -> list[Patch]:
    """As if each of its statements had no outcome of its own."""

    def write_each(self: Committing, call: list[Any]) -> list[Any]:
        try:
            self._store.write_each([unit.writes[0] for unit in call])
        except RetryLater:
            return []
        return call

    return [(Committing, "_write_each", write_each)]


@mutant
def a_batch_without_an_answer_counts_as_written() -> list[Patch]:
    def write_each(self: Committing, call: list[Any]) -> list[Any]:
        try:
            written = self._store.write_each([unit.writes[0] for unit in call])
        except RetryLater:
            return call
        return [unit for unit in call if unit.writes[0].key in written]

    return [(Committing, "_write_each", write_each)]


@mutant
def the_statements_of_a_batch_have_no_conditions() -> list[Patch]:
    def each(self: Table, writes: Sequence[Write]) -> set[str]:
        for write in writes:
            assert write.row is not None
            self._put(write.row)
        return {write.key for write in writes}

    return [(Table, "_each", each)]
