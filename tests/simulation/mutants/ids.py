"""Mistakes in how events are known again."""

from __future__ import annotations

from typing import Any

import msgspec

from millrace.errors import RetryLater
from millrace.profiles import (
    drafting,
    facts,
    fold,
    seen,
)
from millrace.profiles.commit import Committing
from millrace.profiles.drafting import Drafting
from millrace.profiles.model import Seen, Stem
from tests.simulation.mutants.planting import Patch, mutant
from tests.simulation.table import Table


@mutant
def blocks_are_kept_after_the_write() -> list[Patch]:
    def round_(self: Committing, batch: Any, deadline: Any) -> list[Any]:
        store = self._store
        held: list[Any] = []
        self._store = _Holding(store, held)
        try:
            done = real(self, batch, deadline)
        finally:
            self._store = store
        try:
            store.keep_ids(held)
        except RetryLater:
            return []
        return done

    real = Committing._round
    return [(Committing, "_round", round_)]


class _Holding:
    """A store that keeps no blocks yet."""

    def __init__(self, store: Any, held: list[Any]) -> None:
        self._store, self._held = store, held

    def keep_ids(self, blocks: Any) -> None:
        self._held += blocks

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


@mutant
def a_block_names_ids_of_the_write_in_hand() -> list[Patch]:
    def remember(known: Seen, new: seen.Ids, stem: str) -> Any:
        return seen.remember(
            Seen(seen.pack(seen.unpack(known.packed) | new), known.floor), {}, stem
        )

    return [(drafting, "remember", remember)]


@mutant
def blocks_are_never_kept() -> list[Patch]:
    return [(Table, "keep_ids", lambda self, blocks: None)]


@mutant
def blocks_that_could_not_be_kept_do_not_matter() -> list[Patch]:
    def keep_ids(self: Table, blocks: Any) -> None:
        try:
            real(self, blocks)
        except RetryLater:
            return

    real = Table.keep_ids
    return [(Table, "keep_ids", keep_ids)]


@mutant
def blocks_are_never_asked() -> list[Patch]:
    return [(drafting, "doubtful_since", lambda known, ids: None)]


@mutant
def blocks_are_asked_from_the_newest_doubtful_id_on() -> list[Patch]:
    def doubtful_since(known: Seen, ids: seen.Ids) -> int | None:
        ring = seen.unpack(known.packed)
        times = [at for one, at in ids.items() if at <= known.floor and one not in ring]
        return max(times, default=None)

    return [(drafting, "doubtful_since", doubtful_since)]


@mutant
def the_floor_stays_where_it_was() -> list[Patch]:
    def remember(known: Seen, new: seen.Ids, stem: str) -> Any:
        after, block = seen.remember(known, new, stem)
        return Seen(after.packed, known.floor), block

    return [(drafting, "remember", remember)]


@mutant
def the_floor_is_the_oldest_spilled_time() -> list[Patch]:
    def remember(known: Seen, new: seen.Ids, stem: str) -> Any:
        after, block = seen.remember(known, new, stem)
        if block is None:
            return after, block
        oldest = min(seen.unpack(block.packed).values())
        return Seen(after.packed, max(known.floor, oldest)), block

    return [(drafting, "remember", remember)]


@mutant
def the_ring_never_spills() -> list[Patch]:
    def remember(known: Seen, new: seen.Ids, stem: str) -> Any:
        return Seen(seen.pack(seen.unpack(known.packed) | new), known.floor), None

    return [(drafting, "remember", remember)]


@mutant
def the_ring_forgets_what_it_has_no_room_for() -> list[Patch]:
    def remember(known: Seen, new: seen.Ids, stem: str) -> Any:
        return seen.remember(known, new, stem)[0], None

    return [(drafting, "remember", remember)]


@mutant
def new_ids_are_not_remembered_while_the_ring_spills() -> list[Patch]:
    def remember(known: Seen, new: seen.Ids, stem: str) -> Any:
        after, block = seen.remember(known, {}, stem)
        return (after if block else seen.remember(known, new, stem)[0]), block

    return [(drafting, "remember", remember)]


@mutant
def an_id_is_made_with_the_time_of_receipt() -> list[Patch]:
    def event_id(event: Any) -> bytes:
        name = f"{event.message_id}{event.received_at}"
        return seen.event_id(msgspec.structs.replace(event, message_id=name))

    return [(facts, "event_id", event_id)]


@mutant
def an_id_is_remembered_under_the_time_of_receipt() -> list[Patch]:
    return [(facts, "event_time", lambda event, latest: event.received_at)]


@mutant
def a_message_twice_in_one_batch_counts_twice() -> list[Patch]:
    def folded(stem: Stem, new: Any) -> Stem:
        pending = [one for one in batch if one.anchor == stem.key and one.id in {n.id for n in new}]
        return fold.fold(stem, pending)

    def add_facts(self: Drafting, unit: Any, person: Any, own: Any) -> Any:
        batch[:] = own = list(own)
        return real(self, unit, person, own)

    batch: list[Any] = []
    real = Drafting.add_facts
    return [(Drafting, "add_facts", add_facts), (drafting, "fold", lambda s, n: folded(s, list(n)))]
