"""A row of days: one byte per day, the newest day first, without zeros at its end.

A day counts up to 255, and says by that that it may be more. Adding up is the same in any order.
"""

from __future__ import annotations

FULL_DAY = 255


def plus(days: bytes, later: int, amount: int, horizon: int) -> bytes:
    """The row with `amount` more on the day that is `later` days after its newest."""
    if later > 0:
        days = bytes(min(later, horizon)) + days
    place = max(0, -later)
    if place >= horizon or not amount:
        return days[:horizon].rstrip(b"\x00")
    row = bytearray(days[:horizon].ljust(place + 1, b"\x00"))
    row[place] = min(FULL_DAY, row[place] + amount)
    return bytes(row).rstrip(b"\x00")


def shifted(days: bytes, later: int, horizon: int) -> bytes:
    """The row as seen from a newest day that is `later` days after its own."""
    return (bytes(min(later, horizon)) + days)[:horizon].rstrip(b"\x00")


def added(one: bytes, other: bytes) -> bytes:
    """Two rows with the same newest day as one."""
    longer, shorter = (one, other) if len(one) >= len(other) else (other, one)
    row = bytearray(longer)
    for place, amount in enumerate(shorter):
        row[place] = min(FULL_DAY, row[place] + amount)
    return bytes(row)
