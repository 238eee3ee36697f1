"""Mistakes in erasure, in consent and in what is asked before somebody is told of."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from millrace.activation.channel import Channel
from millrace.activation.leave import Leave
from millrace.erasure import entombing, mentions
from millrace.erasure.model import PASSES
from millrace.erasure.passing import Passing
from millrace.erasure.request import known_of
from millrace.privacy import consent
from millrace.privacy.grants import begins_anew
from millrace.profiles.facts import Fact
from millrace.profiles.merging import Merging
from millrace.profiles.model import Write
from millrace.profiles.snapshot import Snapshot
from millrace.profiles.tombstones import Mark, Sifting
from tests.fakes.subjects import MemorySubjects
from tests.simulation.mutants.planting import Patch, mutant
from tests.simulation.table import Table

passing: Any = importlib.import_module("millrace.erasure.passing")


# -- tombstones ------------------------------------------------------------------------------


@mutant
def rows_are_deleted_instead_of_tombstoned() -> list[Patch]:
    """A late writer finds nothing in its way."""

    def commit(self: Table, call: str, writes: Sequence[Write]) -> None:
        real(self, call, writes)
        for write in writes:
            if write.row is not None and write.row.is_tombstone:
                del self.rows[write.key]

    real = Table._commit
    return [
        (Table, "_commit", commit),
        (Sifting, "_mark", lambda *_, **__: Mark(0)),
    ]


@mutant
def a_tombstone_is_written_without_its_condition() -> list[Patch]:
    def write(self: Table, writes: Sequence[Write]) -> None:
        buried = [one for one in writes if one.row is not None and one.row.is_tombstone]
        real(self, [one for one in writes if one not in buried])
        for one in buried:
            assert one.row is not None
            self._put(one.row)

    real = Table._write
    return [(Table, "_write", write)]


@mutant
def the_names_of_the_erased_keep_their_rows() -> list[Patch]:
    def tombstones(*given: Any) -> Iterator[list[Write]]:
        return (group[:1] for group in real(*given))

    real = entombing.tombstones
    return [(entombing, "tombstones", tombstones)]


@mutant
def events_from_before_the_erasure_are_applied() -> list[Patch]:
    return [(Sifting, "_is_erased", lambda self, fact: False)]


@mutant
def an_erasure_is_compared_with_the_time_of_the_event() -> list[Patch]:
    def is_erased(self: Sifting, fact: Fact) -> bool:
        happened = msgspec.structs.replace(fact.event, received_at=fact.event.event_at)
        return real(self, msgspec.structs.replace(fact, event=happened))

    real = Sifting._is_erased
    return [(Sifting, "_is_erased", is_erased)]


@mutant
def a_later_event_needs_no_consent() -> list[Patch]:
    return [(Fact, "grants", lambda self, erased_at: True)]


@mutant
def a_signal_begins_an_erased_person_anew() -> list[Patch]:
    """As it was: a banner's state or a flag may be older than the erasure."""

    def grants(self: Fact, erased_at: int) -> bool:
        said = self.consents.values()
        return any(one.status == "granted" and one.at > erased_at for one in said)

    return [(Fact, "grants", grants)]


@mutant
def a_decision_of_before_an_erasure_begins_anew() -> list[Patch]:
    """As it was: a vendor's late hook, or an import, brought back who had been erased since."""

    def grants(self: Fact, erased_at: int) -> bool:
        return begins_anew(self.consents.values(), 0)

    return [(Fact, "grants", grants)]


@mutant
def each_fresh_consent_makes_a_key_of_its_own() -> list[Patch]:
    """As it was: what had been sealed for the decision before it could not be read any more."""

    def revive(self: Sifting, key: str) -> None:
        keyring, since = self._snapshot.keyring, self._reopened.get(key, 0) - 1
        if keyring.subject(key).erased_at < since:
            keyring.load([key], is_fresh=True)
            self._subjects.renew(keyring.subject(key), since)
            keyring.load([key], is_fresh=True)
        real(self, key)

    real = Sifting._revive
    return [(Sifting, "_revive", revive)]


@mutant
def a_merge_goes_through_a_tombstone() -> list[Patch]:
    return [(Merging, "_closed", lambda self, edges: set())]


@mutant
def neighbours_remember_the_erased() -> list[Patch]:
    return [(passing, "forget_mentions", lambda erasure, *_: erasure)]


@mutant
def a_tie_of_a_former_life_counts_for_who_began_anew() -> list[Patch]:
    """As it was: a neighbour's tie joined them again, or stood with one of the two only."""
    return [(Merging, "_former", lambda self, people, edges: set())]


@mutant
def neighbours_keep_their_ties_to_who_began_anew() -> list[Patch]:
    """As it was: with the erasure only names went that nobody had by then."""

    def gone(person: Any, *rest: Any) -> Any:
        return msgspec.structs.replace(real(person, *rest), ties=frozenset())

    real = entombing._gone
    return [(entombing, "_gone", gone)]


@mutant
def names_of_the_erased_are_read_before_who_holds_them() -> list[Patch]:
    """As it was: who had joined a neighbour in between lost the tie that made them one."""

    def load_neighbour(key: str, known: Any, snapshot: Any) -> str | None:
        snapshot.load({key, *known.keys})
        root: str | None = snapshot.root(key)
        return root

    return [(entombing, "_load_neighbour", load_neighbour)]


@mutant
def the_names_of_a_person_have_no_erasure_of_their_own() -> list[Patch]:
    """As it was: only that of the root was asked for."""

    def names_of(self: Snapshot, anchor: str) -> set[str]:
        root = self.root(anchor)
        if root is None or self.erased_at(root):
            return {anchor}
        return set(self.outer(root).keys)

    return [(Snapshot, "_names_of", names_of)]


@mutant
def neighbours_keep_the_address_of_the_erased_in_their_traits() -> list[Patch]:
    """As it was: ties and names went, traits did not."""
    return [(mentions, "_traits_without", lambda traits, gone: traits.items())]


# -- keys and ids ----------------------------------------------------------------------------


@mutant
def the_keys_of_the_erased_are_kept() -> list[Patch]:
    return [(MemorySubjects, "erase", lambda self, stems, since, erased_at: 0)]


@mutant
def keys_are_destroyed_before_rows() -> list[Patch]:
    """An event in between starts the person anew, with all ties still in the row."""

    def entomb(erasure: Any, ports: Any) -> Any:
        at = max(ports.clock.now_ms(), erasure.requested_at)
        keys = known_of(erasure, ports.vault).keys
        ports.subjects.erase(keys, since=erasure.requested_at, erased_at=at)
        return real(erasure, ports)

    real = entombing.entomb
    return [(passing, "entomb", entomb)]


@mutant
def who_began_anew_loses_the_new_key() -> list[Patch]:
    def erase(self: MemorySubjects, stems: Any, since: int, erased_at: int) -> int:
        return real(self, stems, since=1 << 60, erased_at=erased_at)

    real = MemorySubjects.erase
    return [(MemorySubjects, "erase", erase)]


@mutant
def seen_ids_of_the_erased_are_kept() -> list[Patch]:
    return [(passing, "forget_seen", lambda known, ports: None)]


@mutant
def seen_ids_of_who_came_back_are_forgotten() -> list[Patch]:
    """As it was: the second pass forgot what had been applied since, and it was applied again."""

    def forget_seen(known: Any, ports: Any) -> None:
        ports.rows.forget_ids([b for key in known.keys for b in ports.rows.read_ids(key, 0)])

    return [(passing, "forget_seen", forget_seen)]


@mutant
def the_second_pass_is_skipped() -> list[Patch]:
    def finish(self: Passing, run: Any) -> None:
        real(self, run)
        if run.erasure.passes < PASSES:
            run.erasure = self._save(run.erasure, passes=PASSES)

    real = Passing.finish
    return [(Passing, "finish", finish)]


# -- before somebody is told of ----------------------------------------------------------------


@mutant
def consent_is_asked_when_a_batch_is_read_and_not_at_the_send() -> list[Patch]:
    return [(Leave, "asked_now", lambda self, updates: {})]


@mutant
def the_suppression_list_is_not_read_again_at_the_send() -> list[Patch]:
    def asked_now(self: Leave, updates: Any) -> Any:
        before, self._suppressed = self._suppressed, _nobody  # type: ignore[method-assign]
        try:
            return real(self, updates)
        finally:
            self._suppressed = before  # type: ignore[method-assign]

    real = Leave.asked_now
    return [(Leave, "asked_now", asked_now)]


def _nobody(profiles: Any) -> set[str]:
    return set()


@mutant
def a_withdrawal_is_told_to_nobody() -> list[Patch]:
    return [(Channel, "withdrawing", property(lambda self: None))]


@mutant
def an_unknown_purpose_is_allowed() -> list[Patch]:
    def is_allowed(purpose: str, answers: Any, rules: Any) -> bool:
        return purpose not in rules.purposes or real(purpose, answers, rules)

    real = consent.is_allowed
    return [(consent, "is_allowed", is_allowed)]


@mutant
def a_merge_takes_the_wider_answer() -> list[Patch]:
    def only_the_yes(own: Any, _elsewhere: Any = ()) -> Any:
        return next((record for record in own if record.status == "granted"), None)

    consents: Any = importlib.import_module("millrace.profiles.consents")
    return [(consents, "deciding", only_the_yes)]
