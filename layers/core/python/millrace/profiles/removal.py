"""What goes from a stem when the purpose that it was kept for is withdrawn, and stays gone.

A stem remembers, for each kind of data, until when what was *received* of it is gone. The fold adds
nothing to that kind of an event received by then, whenever it arrives: so the stem is what a fold
of all its events would be that had known the mark from the beginning, in any order. A mark is set
only together with the removal of everything there is, and never before the newest event of the
stem was received, since sums cannot be parted. Traits, identifiers, consent and the ids of events
stay: none of them is kept for these purposes.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from millrace.behaviour.model import Behaviour
from millrace.privacy.signals import OTHER_LABELS
from millrace.profiles.model import Person, Stem
from millrace.settings import KeptData

FLAGS = frozenset({"labels_overflow", "label_oversized"})
"""Of the counters."""


def holds(person: Person, kind: KeptData) -> bool:
    """Whether there is anything of `kind` to be removed."""
    if kind == "computed":
        return any(stem.behaviour != Behaviour() for stem in person.stems)
    return any(stem.counters.keys() - OTHER_LABELS for stem in person.stems)


def without(person: Person, kinds: Iterable[KeptData], now_ms: int) -> Person:
    """The person without these kinds of data in any stem, for good."""
    kinds = sorted(kinds)
    stems = tuple(_stem_without(stem, kinds, now_ms) for stem in person.stems)
    return msgspec.structs.replace(person, stems=stems)


def _stem_without(stem: Stem, kinds: Iterable[KeptData], now_ms: int) -> Stem:
    until = max(now_ms, stem.received_at, *stem.gone.values())
    after = msgspec.structs.replace(stem, gone=stem.gone | dict.fromkeys(kinds, until))
    if "computed" in kinds:
        after = msgspec.structs.replace(after, behaviour=Behaviour())
    if "behaviour" in kinds:
        flags = tuple(flag for flag in stem.flags if flag not in FLAGS)
        after = msgspec.structs.replace(after, counters={}, first_seen=0, last_seen=0, flags=flags)
    return after
