"""Mistakes in what the stream is answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from millrace.profiles import (
    drafting,
    merging,
    snapshot,
    update,
)
from millrace.profiles.commit import Committing
from millrace.profiles.update import UpdateProfiles
from tests.simulation.mutants.planting import Patch, mutant


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
