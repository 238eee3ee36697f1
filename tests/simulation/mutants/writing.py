"""Mistakes in what is written, and under which condition."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from millrace.errors import RetryLater
from millrace.profiles import (
    drafting,
)
from millrace.profiles.commit import Committing
from millrace.profiles.drafting import Drafting
from millrace.profiles.merging import Merging
from millrace.profiles.model import Write
from millrace.profiles.ports import Conflict
from tests.simulation.mutants.planting import Patch, mutant
from tests.simulation.table import Table


@mutant
def a_row_is_written_without_its_condition() -> list[Patch]:
    def write(self: Table, write: Write) -> None:
        row = self.rows.get(write.key)
        real(self, msgspec.structs.replace(write, expected=row.version if row else 0))

    real = Table.write
    return [(Table, "write", write)]


@mutant
def a_transaction_has_no_conditions() -> list[Patch]:
    def force(self: Table, writes: Sequence[Write]) -> None:
        for write in writes:
            if write.row is not None:
                self._put(write.row)

    real = Table._write
    return [
        (
            Table,
            "_write",
            lambda self, writes: (force if len(writes) > 1 else real)(self, writes),
        )
    ]


@mutant
def a_transaction_is_a_row_of_writes() -> list[Patch]:
    def write_together(self: Table, writes: Sequence[Write]) -> None:
        for write in writes:
            if write.row is not None:
                self.write(write)

    return [(Table, "write_together", write_together)]


@mutant
def aliases_are_written_without_condition() -> list[Patch]:
    def write(self: Table, writes: Sequence[Write]) -> None:
        for one in writes:
            row = self.rows.get(one.key)
            is_alias = one.row is not None and one.row.to
            if not is_alias and (row.version if row else 0) != one.expected:
                raise Conflict
        for one in writes:
            if one.row is not None:
                self._put(one.row)

    return [(Table, "_write", write)]


@mutant
def people_who_were_asked_but_not_changed_are_not_checked() -> list[Patch]:
    return [(Merging, "_unchanged", lambda self, roots, writes: [])]


@mutant
def a_conflict_counts_as_written() -> list[Patch]:
    return [(Committing, "_write", _write_that_trusts(Conflict))]


@mutant
def a_time_out_counts_as_written() -> list[Patch]:
    return [(Committing, "_write", _write_that_trusts(RetryLater))]


def _write_that_trusts(trusted: type[Exception]) -> Any:
    def write(self: Committing, unit: drafting.Unit) -> bool:
        try:
            if len(unit.writes) == 1:
                self._store.write(unit.writes[0])
            elif unit.writes:
                self._store.write_together(unit.writes)
        except trusted:
            return True
        except (Conflict, RetryLater):
            return False
        return True

    return write


@mutant
def the_version_stays_as_it_is() -> list[Patch]:
    def root_write(self: Drafting, *arguments: Any) -> Write | None:
        write = real(self, *arguments)
        if write is None or write.row is None or not write.expected:
            return write
        row = msgspec.structs.replace(write.row, version=write.expected)
        return msgspec.structs.replace(write, row=row)

    real = Drafting.root_write
    return [(Drafting, "root_write", root_write)]


@mutant
def what_nobody_can_see_is_not_written() -> list[Patch]:
    def root_write(self: Drafting, root: str, before: Any, after: Any, row: Any) -> Write | None:
        if before is not None and not self._is_change(before, after):
            return None
        return real(self, root, before, after, row)

    real = Drafting.root_write
    return [(Drafting, "root_write", root_write)]
