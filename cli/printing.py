"""What commands print: tables for people, JSON for programs, both without colour."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from millrace.failed.report import Report

TOP = 20


def moment(milliseconds: int) -> str:
    """Epoch milliseconds as people read them, UTC."""
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%Y-%m-%d %H:%M:%S}"


def print_json(value: object) -> None:
    print(msgspec.json.format(msgspec.json.encode(value), indent=1).decode())


def print_table(names: Sequence[str], rows: Sequence[Sequence[str]], *, empty: str) -> None:
    """Columns as wide as they need; what senders chose cannot move the cursor."""
    if not rows:
        print(empty)
        return
    cells = [tuple(names), *(tuple(_plain(cell) for cell in row) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print(line.rstrip())


def print_report(report: Report, *, is_dry: bool) -> None:
    """What happened, or would happen."""
    failing = sum(report.failing.values())
    passed = "would pass now" if is_dry else "replayed"
    failed = "would still fail" if is_dry else "still fail"
    print(f"{report.passing + failing} failed events tried")
    print(f"  {report.passing:>8}  {passed}")
    print(f"  {failing:>8}  {failed}")
    _counts("by code", report.failing)
    _counts("what would change" if is_dry else "what was changed", report.changes)
    _counts("they are", report.labels)
    if report.gone:
        print(f"{report.gone} were there no more when they were to be read")


def _counts(title: str, counts: dict[str, int]) -> None:
    if not counts:
        return
    print(f"{title}:")
    for name, count in sorted(counts.items(), key=lambda each: (-each[1], each[0]))[:TOP]:
        print(f"  {count:>8}  {_plain(name)}")
    if len(counts) > TOP:
        print(f"  and {len(counts) - TOP} more; --json shows all")


def _plain(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text)
