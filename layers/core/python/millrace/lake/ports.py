"""Where rows go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from millrace.lake.columns import Table
from millrace.lake.model import ChangeRow, Row


class LakeWriter(Protocol):
    def write(self, key: str, rows: Sequence[Row] | Sequence[ChangeRow], table: Table) -> None:
        """Store `rows` of `table` as the one file `key`; the same key again replaces it.

        Raises RetryLater `lake_unavailable` when the file is not durably there.
        """
        ...
