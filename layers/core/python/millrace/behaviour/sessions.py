"""How long somebody stays: visits, parted where nothing happened for half an hour.

Time is cut into fixed half hours; of each of the newest that saw anything, the first and the last
second are kept. Within one, events are never further apart than a visit allows, so visits follow
exactly, and what is kept does not depend on order.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from statistics import median_low

SLOT_SECONDS = 1_800
MAX_SLOTS = 8
BUCKETS = (
    (60, "under_1m"),
    (300, "1m_to_5m"),
    (900, "5m_to_15m"),
    (1_800, "15m_to_30m"),
)
LONGEST = "over_30m"

Slots = dict[int, tuple[int, int]]
"""Half hour since 1970 to the first and last second in it."""
_SLOT = struct.Struct(">QHH")
_TRIMMED = 3
"""Half hours need five bytes of eight."""
_SIZE = _SLOT.size - _TRIMMED


def unpack(packed: bytes) -> Slots:
    """The half hours in `packed`."""
    found = {}
    for at in range(0, len(packed), _SIZE):
        slot, first, last = _SLOT.unpack(bytes(_TRIMMED) + packed[at : at + _SIZE])
        found[slot] = first, last
    return found


def pack(slots: Slots) -> bytes:
    """The newest half hours, in order of time."""
    newest = sorted(slots.items())[-MAX_SLOTS:]
    return b"".join(_packed(slot, *span) for slot, span in newest)


def _packed(slot: int, first: int, last: int) -> bytes:
    return _SLOT.pack(slot, first, last)[_TRIMMED:]


def visited(packed: bytes, at: int) -> bytes:
    """`packed` with something that happened at `at`, in milliseconds."""
    slot, second = divmod(at // 1000, SLOT_SECONDS)
    newest, first, last = _SLOT.unpack(bytes(_TRIMMED) + packed[-_SIZE:]) if packed else (-1, 0, 0)
    if slot < newest:
        return joined(packed, _packed(slot, second, second))
    if slot > newest:
        return (packed + _packed(slot, second, second))[-MAX_SLOTS * _SIZE :]
    return packed[:-_SIZE] + _packed(slot, min(first, second), max(last, second))


def joined(one: bytes, other: bytes) -> bytes:
    """The half hours of the events of both."""
    slots = unpack(one)
    for slot, span in unpack(other).items():
        widen(slots, slot, span)
    return pack(slots)


def widen(slots: Slots, slot: int, span: tuple[int, int]) -> None:
    """Add what happened within one half hour."""
    known = slots.get(slot)
    slots[slot] = (min(known[0], span[0]), max(known[1], span[1])) if known else span


def visits(packed: bytes) -> list[tuple[int, int]]:
    """Begin and end of the newest visits in seconds since 1970, in order of time.

    Where older half hours may have been left out, the oldest visit may have begun before, so it
    is left out too unless it is the only one.
    """
    found: list[tuple[int, int]] = []
    slots = unpack(packed)
    for begin, end in _spans(slots):
        if found and begin - found[-1][1] <= SLOT_SECONDS:
            found[-1] = found[-1][0], end
        else:
            found.append((begin, end))
    return found[1:] if len(slots) == MAX_SLOTS and len(found) > 1 else found


def bucket(packed: bytes) -> str | None:
    """How long the middle one of the newest visits was."""
    lengths = [end - begin for begin, end in visits(packed)]
    if not lengths:
        return None
    typical = median_low(lengths)
    return next((name for below, name in BUCKETS if typical < below), LONGEST)


def _spans(slots: Slots) -> Iterable[tuple[int, int]]:
    for slot, (first, last) in sorted(slots.items()):
        yield slot * SLOT_SECONDS + first, slot * SLOT_SECONDS + last
