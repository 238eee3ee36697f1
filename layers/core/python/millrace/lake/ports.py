"""Where rows go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from millrace.lake.model import Row


class LakeWriter(Protocol):
    def write(self, key: str, rows: Sequence[Row]) -> None:
        """Store `rows` as the one file `key`; the same key again replaces it.

        Raises RetryLater `lake_unavailable` when the file is not durably there.
        """
        ...
