"""Mistakes that we could have made, each as a patch of our own code while the handlers run."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import msgspec

from millrace.behaviour import carts, engagement, orders
from millrace.behaviour.carts import Cart, Line
from millrace.behaviour.engagement import Engagement
from millrace.behaviour.orders import Order
from millrace.clock import DAY_MS
from millrace.errors import RetryLater
from millrace.identity import partition as partitions
from millrace.profiles import drafting, facts, fold, merging, seen, snapshot, update, windows
from millrace.profiles.commit import SPARE_MS, Committing
from millrace.profiles.drafting import Drafting
from millrace.profiles.merging import Merging
from millrace.profiles.model import Count, Row, Seen, Stem, Write
from millrace.profiles.ports import Conflict
from millrace.profiles.snapshot import Snapshot
from millrace.profiles.update import UpdateProfiles
from tests.simulation.table import Table

delivering: Any = importlib.import_module("millrace.activation.deliver")

Patch = tuple[Any, str, Any]
MUTANTS: dict[str, Callable[[], list[Patch]]] = {}


def mutant(make: Callable[[], list[Patch]]) -> Callable[[], list[Patch]]:
    MUTANTS[make.__name__] = make
    return make


@contextmanager
def planted(name: str) -> Iterator[None]:
    with ExitStack() as stack:
        for owner, attribute, value in MUTANTS[name]():
            stack.enter_context(patch.object(owner, attribute, value))
        yield


# -- the write -------------------------------------------------------------------------------


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


# -- the read --------------------------------------------------------------------------------


@mutant
def people_opened_once_are_kept_for_the_next_round() -> list[Patch]:
    def init(self: Snapshot, *arguments: Any) -> None:
        real(self, *arguments)
        self._people = kept

    kept: dict[str, Any] = {}
    real = Snapshot.__init__
    return [(Snapshot, "__init__", init)]


@mutant
def rows_read_once_are_kept_while_the_sandbox_lives() -> list[Patch]:
    """Conditions still hold, so nothing is lost; but nothing is ever written again."""

    def init(self: Snapshot, *arguments: Any) -> None:
        real(self, *arguments)
        self.rows = kept

    kept: dict[str, Any] = {}
    real = Snapshot.__init__
    return [(Snapshot, "__init__", init)]


@mutant
def a_torn_read_is_believed() -> list[Patch]:
    return [(Snapshot, "torn", lambda self, keys: set())]


@mutant
def the_version_is_read_again_just_before_the_write() -> list[Patch]:
    def write(self: Committing, unit: drafting.Unit) -> bool:
        keys = [one.key for one in unit.writes]
        try:
            rows = self._store.read_rows(keys)
        except RetryLater:
            return False
        unit.writes = [
            msgspec.structs.replace(one, expected=rows[one.key].version if one.key in rows else 0)
            for one in unit.writes
        ]
        return real(self, unit)

    real = Committing._write
    return [(Committing, "_write", write)]


@mutant
def what_did_not_fit_into_the_time_left_is_taken_as_written() -> list[Patch]:
    def write(self: Committing, deadline: Any, call: list[Any]) -> list[Any]:
        return call if deadline.left_ms() <= SPARE_MS else real(self, deadline, call)

    real = Committing._write_in_time
    return [(Committing, "_write_in_time", write)]


@mutant
def a_batch_that_answered_counts_as_written() -> list[Patch]:
    """As if each of its statements had no outcome of its own."""

    def write_each(self: Committing, call: list[Any]) -> list[Any]:
        try:
            self._store.write_each([unit.writes[0] for unit in call])
        except RetryLater:
            return []
        return call

    return [(Committing, "_write_each", write_each)]


@mutant
def a_batch_without_an_answer_counts_as_written() -> list[Patch]:
    def write_each(self: Committing, call: list[Any]) -> list[Any]:
        try:
            written = self._store.write_each([unit.writes[0] for unit in call])
        except RetryLater:
            return call
        return [unit for unit in call if unit.writes[0].key in written]

    return [(Committing, "_write_each", write_each)]


@mutant
def the_statements_of_a_batch_have_no_conditions() -> list[Patch]:
    def each(self: Table, writes: Sequence[Write]) -> set[str]:
        for write in writes:
            assert write.row is not None
            self._put(write.row)
        return {write.key for write in writes}

    return [(Table, "_each", each)]


# -- the ids ---------------------------------------------------------------------------------


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


# -- identity --------------------------------------------------------------------------------


@mutant
def edges_are_judged_in_order_of_arrival() -> list[Patch]:
    def standing(edges: Any) -> list[Any]:
        first: dict[Any, Any] = {}
        for edge in edges:
            first.setdefault(edge.tie, edge)
        return list(first.values())

    return [(partitions, "standing", standing)]


@mutant
def refused_edges_are_forgotten() -> list[Patch]:
    def gather(self: Merging, members: Any, stems: Any, who: Any) -> Any:
        person = real(self, members, stems, who)
        held = [edge for edge in person.edges if not who.reasons[edge]]
        return msgspec.structs.replace(person, edges=tuple(held), reasons=("",) * len(held))

    real = Merging._gather
    return [(Merging, "_gather", gather)]


@mutant
def an_earlier_edge_of_a_known_tie_is_not_looked_at() -> list[Patch]:
    def knows(self: Snapshot, root: str | None, edge: Any, limits: Any) -> bool:
        if root is not None and any(known.tie == edge.tie for known in self.person(root).edges):
            return True
        return real(self, root, edge, limits)

    real = Snapshot._knows
    return [(Snapshot, "_knows", knows)]


@mutant
def people_tied_by_refused_edges_are_not_asked() -> list[Patch]:
    def ends(self: Snapshot, root: str) -> set[str]:
        person = self.person(root)
        pairs = zip(person.edges, person.reasons, strict=True)
        held = {end for edge, reason in pairs if not reason for end in edge.tie[:2]}
        return held - set(person.keys)

    return [(Snapshot, "_ends", ends)]


@mutant
def a_merge_forgets_the_blocks_of_those_it_joins() -> list[Patch]:
    def gather(self: Merging, members: Any, stems: Any, who: Any) -> Any:
        person = real(self, members, stems, who)
        if len(members) < 2:
            return person
        kept = [one for one in zip(person.edges, person.reasons, strict=True) if not one[0].is_word]
        return msgspec.structs.replace(
            person,
            edges=tuple(edge for edge, _ in kept),
            reasons=tuple(reason for _, reason in kept),
        )

    real = Merging._gather
    return [(Merging, "_gather", gather)]


@mutant
def the_first_word_on_a_pair_counts_for_ever() -> list[Patch]:
    def standing(edges: Any) -> list[Any]:
        found: dict[Any, Any] = {}
        for edge in sorted(edges):
            found.setdefault(edge.tie, edge)
        return sorted(found.values())

    return [(partitions, "standing", standing)]


@mutant
def the_word_that_arrives_last_counts() -> list[Patch]:
    def standing(edges: Any) -> list[Any]:
        edges = list(edges)
        words = {edge.tie: edge for edge in edges if edge.is_word}
        return sorted([*real(edge for edge in edges if not edge.is_word), *words.values()])

    def knows(self: Snapshot, root: str | None, edge: Any, limits: Any) -> bool:
        if edge.is_word and root is not None:
            return edge in self.person(root).edges
        return knew(self, root, edge, limits)

    real, knew = partitions.standing, Snapshot._knows
    return [(partitions, "standing", standing), (Snapshot, "_knows", knows)]


@mutant
def an_allowance_is_ignored() -> list[Patch]:
    def blocks_in(edges: Any) -> list[Any]:
        return [edge for edge in edges if edge.is_word]

    return [(partitions, "blocks_in", blocks_in)]


@mutant
def a_block_holds_only_for_ties_that_come_after_it() -> list[Patch]:
    def tie(self: Any, edge: Any) -> str:
        before = self._blocks
        self._blocks = [pair for pair in before if since[tuple(sorted(pair))] < edge.at]
        try:
            return real(self, edge)
        finally:
            self._blocks = before

    def blocks_in(edges: Any) -> list[Any]:
        found = known(edges)
        since.update({(one.a, one.b): one.at for one in found})
        return found

    since: dict[Any, int] = {}
    real, known = partitions._People.tie, partitions.blocks_in
    return [(partitions._People, "tie", tie), (partitions, "blocks_in", blocks_in)]


@mutant
def an_operation_counts_as_behaviour() -> list[Patch]:
    return [(fold, "OPERATION", "nothing of that kind")]


@mutant
def a_merge_forgets_the_ids_of_the_one_who_joins() -> list[Patch]:
    return [
        (Merging, "_gather", _gathering(lambda stem: msgspec.structs.replace(stem, seen=Seen())))
    ]


@mutant
def a_merge_forgets_the_events_of_the_one_who_joins() -> list[Patch]:
    return [(Merging, "_gather", _gathering(lambda stem: Stem(key=stem.key, seen=stem.seen)))]


def _gathering(change: Callable[[Stem], Stem]) -> Any:
    def gather(self: Merging, members: Any, stems: Any, who: Any) -> Any:
        person = real(self, members, stems, who)
        root = min(members, key=partitions.root_order)
        own = self._snapshot.rows.get(root)
        old = self._snapshot.person(root).keys if own and not own.to else (root,)
        changed = tuple(one if one.key in old else change(one) for one in person.stems)
        return msgspec.structs.replace(person, stems=changed)

    real = Merging._gather
    return gather


@mutant
def who_was_joined_is_not_pointed_to_the_new_root() -> list[Patch]:
    def place(self: Merging, unit: Any, root: str, person: Any) -> None:
        first = len(unit.writes)
        real(self, unit, root, person)
        old = self._snapshot.rows
        unit.writes[first:] = [
            one
            for one in unit.writes[first:]
            if not (one.row and one.row.to and (row := old.get(one.key)) and not row.to)
        ]

    real = Merging._place
    return [(Merging, "_place", place)]


@mutant
def an_alias_that_was_read_is_believed_to_still_be_there() -> list[Patch]:
    """Its version is checked by nobody; only the version of its root is."""

    def place(self: Merging, unit: Any, root: str, person: Any) -> None:
        first = len(unit.writes)
        real(self, unit, root, person)
        rows = self._snapshot.rows
        unit.writes[first:] = [
            one
            for one in unit.writes[first:]
            if not (one.row and one.row.to and (row := rows.get(one.key)) and row.to == root)
        ]

    real = Merging._place
    return [(Merging, "_place", place)]


# -- the fold --------------------------------------------------------------------------------


@mutant
def the_last_value_to_arrive_wins() -> list[Patch]:
    def newest(candidates: Any) -> tuple[Any, ...]:
        latest = {one.value: one for one in candidates}
        return tuple(reversed(latest.values()))[: fold.VALUES_PER_SOURCE]

    return [(fold, "newest", newest)]


@mutant
def the_last_event_to_arrive_is_the_last_to_happen() -> list[Patch]:
    def counted(known: Count | None, at: int) -> Count:
        right = real(known, at)
        return right if known is None else msgspec.structs.replace(right, last=at)

    real = windows.counted
    return [(windows, "counted", counted)]


@mutant
def a_late_event_counts_for_the_newest_day() -> list[Patch]:
    def scored(known: Engagement, at: int, points: int) -> Engagement:
        newest = max(at, known.day * DAY_MS) if known.points else at
        return msgspec.structs.replace(real(known, newest, points), hours=b"")

    real = engagement.scored
    return [(engagement, "scored", scored)]


@mutant
def the_last_cart_event_to_arrive_is_believed() -> list[Patch]:
    def put(cart: Cart, since: int, more: dict[str, Line]) -> Cart:
        earlier = {name: line for name, line in cart.lines.items() if name not in more}
        return real(msgspec.structs.replace(cart, lines=earlier), since, more)

    real = carts._with
    return [(carts, "_with", put)]


@mutant
def an_order_is_worth_what_was_said_last() -> list[Patch]:
    def joined(one: Order, other: Order) -> Order:
        right = real(one, other)
        return msgspec.structs.replace(right, amount_at=other.amount_at, amount=other.amount)

    real = orders.joined
    return [(orders, "joined", joined)]


@mutant
def an_order_that_comes_late_leaves_the_cart_full() -> list[Patch]:
    def replace(cart: Cart, since: int, more: dict[str, Line]) -> Cart:
        newest = max((line.at for line in cart.lines.values()), default=0)
        return real(cart, since if since > newest else 0, more)

    real = carts._with
    return [(carts, "_with", replace)]


# -- destinations ----------------------------------------------------------------------------


@mutant
def destinations_are_not_marked() -> list[Patch]:
    return [(Drafting, "_is_change", lambda self, before, after: False)]


@mutant
def a_write_that_nobody_sees_takes_the_marks_off() -> list[Patch]:
    def root_write(self: Drafting, root: str, before: Any, after: Any, row: Row | None) -> Any:
        bare = msgspec.structs.replace(row, dirty={}) if row else None
        return real(self, root, before, after, bare)

    real = Drafting.root_write
    return [(Drafting, "root_write", root_write)]


@mutant
def what_could_not_be_told_is_forgotten() -> list[Patch]:
    return [(delivering._Delivery, "_defer", lambda self: frozenset())]


# -- the answer to the stream ----------------------------------------------------------------


@mutant
def records_are_acknowledged_before_they_are_written() -> list[Patch]:
    return [(UpdateProfiles, "_count", _counting(retry=lambda retry: []))]


@mutant
def only_the_last_record_to_retry_is_reported() -> list[Patch]:
    return [(UpdateProfiles, "_count", _counting(retry=lambda retry: retry[-1:]))]


def _counting(retry: Callable[[list[Any]], list[Any]]) -> Any:
    def count(self: UpdateProfiles, deliveries: Any, found: Any, committed: Any) -> Any:
        return real(self, deliveries, retry(found), committed)

    real = UpdateProfiles._count
    return count


@mutant
def records_that_come_again_are_counted() -> list[Patch]:
    def count(self: UpdateProfiles, deliveries: Any, found: Any, committed: Any) -> Any:
        everything = real(self, deliveries, [], committed)
        retry = real(self, deliveries, found, committed).retry
        return msgspec.structs.replace(everything, retry=retry)

    real = UpdateProfiles._count
    return [(UpdateProfiles, "_count", count)]


@mutant
def duplicates_are_counted_as_applied() -> list[Patch]:
    def tell(self: UpdateProfiles, *arguments: Any) -> Any:
        outcome = real(self, *arguments)
        both = outcome.applied + outcome.duplicate
        return msgspec.structs.replace(outcome, applied=both, duplicate=0)

    real = UpdateProfiles._count
    return [(UpdateProfiles, "_count", tell)]


@mutant
def failed_events_are_not_kept() -> list[Patch]:
    return [(UpdateProfiles, "_keep", lambda self, failures: True)]


@mutant
def failed_events_that_could_not_be_kept_are_acknowledged() -> list[Patch]:
    def keep(self: UpdateProfiles, failures: Any) -> bool:
        real(self, failures)
        return True

    real = UpdateProfiles._keep
    return [(UpdateProfiles, "_keep", keep)]


@mutant
def a_poisonous_record_fails_its_batch() -> list[Patch]:
    def unreadable(record: Any, error: Exception) -> Any:
        raise error

    return [(update, "_unreadable", unreadable)]


@mutant
def a_round_that_could_not_read_is_settled() -> list[Patch]:
    def round_(self: Committing, batch: Any) -> Any:
        done = real(self, batch)
        return done or [drafting.Unit(facts=list(batch))]

    real = Committing._round
    return [(Committing, "_round", round_)]


@mutant
def too_many_people_are_never_too_many() -> list[Patch]:
    return [(snapshot, "MAX_PEOPLE", 1), (merging, "MAX_WRITES", 3)]
