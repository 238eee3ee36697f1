"""Which events a stem has seen: a ring of the newest ids, and immutable blocks of the older ones.

The argument: an id is in the ring or in a block if and only if its effect is in
the stem. Every write adds id and effect together. A block is written *before* the ids leave the
ring and names only ids that were in the row when it was READ, so whose effect is committed:
naming an id of the write in hand would lose its event when that write fails.
"""

from __future__ import annotations

import hashlib
import struct

from millrace.events import Event
from millrace.profiles.model import IdBlock, Seen

RING_IDS = 64
"""A ring longer than this spills, down to half of it. It is re-written with every event."""
ID_BYTES = 12
_TIME_BYTES = 6
_ENTRIES = struct.Struct(f">{ID_BYTES}sHI")
_LATEST = 9_999_999_999_999
"""The newest time that 13 digits hold."""

Ids = dict[bytes, int]
"""Event id to the client's own time of it, 0 where it gave none that can be used."""


def event_id(event: Event) -> bytes:
    """96 bits that name the event over all redeliveries and re-sends."""
    name = f"{event.source}\0{event.message_id}".encode()
    return hashlib.blake2b(name, digest_size=ID_BYTES).digest()


def event_time(event: Event, latest: int) -> int:
    """The time under which the id is remembered: the client's own, as only that never changes.

    A time after `latest` counts as none, or the floor would rise so far that every later
    event had to ask the blocks.
    """
    return event.original_at if 0 < event.original_at <= min(latest, _LATEST) else 0


def unpack(packed: bytes) -> Ids:
    """The ids of a ring or block."""
    return {known: high << 32 | low for known, high, low in _ENTRIES.iter_unpack(packed)}


def pack(ids: Ids) -> bytes:
    """The bytes of ids, in order of time."""
    return b"".join(
        known + time.to_bytes(_TIME_BYTES, "big")
        for known, time in sorted(ids.items(), key=lambda entry: (entry[1], entry[0]))
    )


def doubtful_since(seen: Seen, ids: Ids) -> int | None:
    """The oldest time of those `ids` that only the blocks can tell; None if the ring tells all."""
    ring = unpack(seen.packed)
    times = [time for known, time in ids.items() if time <= seen.floor and known not in ring]
    return min(times, default=None)


def remember(seen: Seen, new: Ids, stem: str) -> tuple[Seen, IdBlock | None]:
    """`seen` with the `new` ids, and the block to be kept before that may be written.

    Only ids of `seen` as it was read go into the block, the oldest first; `new` ids never do.
    """
    ring = unpack(seen.packed)
    block = None
    floor = seen.floor
    if len(ring) > RING_IDS:
        oldest = sorted(ring, key=lambda known: (ring[known], known))[: len(ring) - RING_IDS // 2]
        spilled = {known: ring.pop(known) for known in oldest}
        floor = max(floor, *spilled.values())
        block = _block(stem, spilled)
    return Seen(pack(ring | new), floor), block


def _block(stem: str, spilled: Ids) -> IdBlock:
    packed = pack(spilled)
    digest = hashlib.blake2b(packed, digest_size=8).hexdigest()
    return IdBlock(stem=stem, name=f"D#{max(spilled.values()):013d}#{digest}", packed=packed)
