"""Rows become files by the hour, named after the rows in them.

A file's name is made of what is in it, so a retried batch replaces its own files. Batches may
still overlap after a crash or a bisect: the lake is at-least-once, readers dedupe.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import TypeVar

from millrace.lake.columns import Table

R = TypeVar("R")


def files_of(
    table: Table, rows: Iterable[R], *, at: Callable[[R], int], id_: Callable[[R], str]
) -> dict[str, list[R]]:
    """The rows by the key of their file, by the hour of `at`, in their order."""
    hours: dict[str, list[R]] = {}
    for row in rows:
        hours.setdefault(hour_of(at(row)), []).append(row)
    return {
        f"{table.prefix}/{hour}/{_name(map(id_, members))}.parquet": members
        for hour, members in sorted(hours.items())
    }


def hour_of(epoch_ms: int) -> str:
    """The folder of an hour, UTC."""
    return datetime.fromtimestamp(epoch_ms / 1000, UTC).strftime("day=%Y-%m-%d/hour=%H")


def _name(ids: Iterable[str]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for each in sorted(ids):
        digest.update(each.encode())
    return digest.hexdigest()
