"""profiles/update: against the docs, against the floor, what it writes, and whether it grows."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import msgspec

from tests.bench import workload
from tests.bench.floor import UpdateFloor
from tests.bench.measure import (
    ROUNDS,
    Row,
    cpu_row,
    cpu_seconds,
    interleaved,
    microseconds,
)
from tests.bench.meter import Meter

PEOPLE = 386
EARLY, LATE, LOOKS = 100, 10_000, 64


def rows(address: str) -> list[Row]:
    function = workload.load("profiles/update")
    meter, keys = Meter(function.dynamodb), Meter(function.vault._keys.kms)
    batches = workload.sealed_batches(3 * ROUNDS + 4)
    took = _Taking(function.handler, batches)
    writing = _writing(took, meter)
    return [
        *_against_the_docs(took),
        _against_the_floor(took, address),
        *writing,
        _kms(keys, 1000 * took.count),
        *_growth(function.handler, meter),
    ]


class _Taking:
    """The handler with the next batch each time, so that nothing is seen twice."""

    def __init__(self, handler: Callable[..., Any], batches: list[dict[str, Any]]) -> None:
        self._handler = handler
        self._batches = iter(batches)
        self.count = 0

    def __call__(self) -> object:
        self.count += 1
        answer = self._handler(next(self._batches), None)
        assert answer == {"batchItemFailures": []}, answer
        return answer


def _against_the_docs(took: _Taking) -> list[Row]:
    """1,000 events each; the other handler is the one that the documentation leads to."""
    from tests.bench import by_the_docs

    docs = workload.in_turn(
        by_the_docs.handler, [workload.plain_batch(seed) for seed in range(ROUNDS + 2)]
    )
    mine, naive = interleaved(took, docs, repeats=(1, 1), rounds=4)
    return [
        Row(
            quantity=f"profiles/update CPU per event, {PEOPLE} people in 1,000 events",
            against="Powertools BatchProcessor + Idempotency + put + update per event",
            ours=microseconds(mine / 1000),
            theirs=microseconds(naive / 1000),
            ratio=naive / mine,
            goal=30,
            at_least=True,
            why="opening each record, sealing and folding each person",
        )
    ]


def _against_the_floor(took: _Taking, address: str) -> Row:
    floor, batch = UpdateFloor(address), workload.open_batch(0)
    mine, least = interleaved(took, lambda: floor.take(batch), repeats=(1, 1))
    return cpu_row(
        "profiles/update CPU per event, same batches",
        "floor: parse, group, hand-signed BatchWriteItem of 25",
        mine / 1000,
        least / 1000,
        10,
        "opening each record, sealing and folding each person; the writes are a tenth of it",
    )


def _writing(took: _Taking, meter: Meter) -> list[Row]:
    """Units and calls for people seen for the first time, then for people who are known."""
    found = []
    for who in ("new", "known"):
        before, calls = meter.units, meter.calls.total()
        took()
        found.append((who, meter.units - before, meter.calls.total() - calls))
    return [
        *(
            Row(
                quantity=f"DynamoDB write units per 1,000 events of {PEOPLE} {who} people",
                against="one unit per distinct person",
                ours=f"{units:,}",
                theirs=f"{PEOPLE}",
                ratio=units / PEOPLE,
                goal=1.5,
                why="a new person needs a second row once: their data key",
            )
            for who, units, _ in found
        ),
        Row(
            quantity=f"AWS calls per 1,000 events of {PEOPLE} known people",
            against="60 calls",
            ours=f"{found[1][2]:,}",
            theirs="60",
            ratio=found[1][2] / 60,
            goal=1,
        ),
    ]


def _kms(keys: Meter, events: int) -> Row:
    per_million = math.ceil(keys.calls.total() * 1_000_000 / events)
    return Row(
        quantity=f"KMS calls per million events, one cold start per {events:,}",
        against="500 calls",
        ours=f"{per_million:,}",
        theirs="500",
        ratio=per_million / 500,
        goal=1,
    )


class _Person:
    """Somebody with a history, and the single events that come then."""

    def __init__(self, handler: Callable[..., Any], meter: Meter, nth: int) -> None:
        self._handler, self._meter = handler, meter
        events = _history(f"loyal-{nth}", nth + LOOKS)
        before = [events[first : min(first + 500, nth - 3)] for first in range(0, nth - 3, 500)]
        for some in (*before, *([one] for one in events[nth - 3 : nth - 1])):
            handler(workload.sealed_batch(some), None)  # the last alone: their ids have settled
        self._next = iter([workload.sealed_batch([one]) for one in events[nth - 1 :]])
        self.units = self.bytes = 0
        self.cpu = math.inf

    def live(self) -> None:
        units, self._meter.largest = self._meter.units, 0
        event = next(self._next)
        self.cpu = min(self.cpu, cpu_seconds(lambda: self._handler(event, None), 1))
        self.units += self._meter.units - units
        self.bytes = max(self.bytes, self._meter.largest)


def _growth(handler: Callable[..., Any], meter: Meter) -> list[Row]:
    """Two people in turn, one event an invocation; their histories came before, in one go."""
    early, late = _Person(handler, meter, EARLY), _Person(handler, meter, LATE)
    for _ in range(LOOKS):
        early.live()
        late.live()
    what, against = f"event {LATE:,} of a person", f"event {EARLY} of a person"
    return [
        _ratio(f"bytes of the row, {what}", against, late.bytes, early.bytes),
        _ratio(f"write units of {LOOKS} events, {what} on", against, late.units, early.units),
        cpu_row(
            f"profiles/update CPU, {what}",
            against,
            late.cpu,
            early.cpu,
            1.05,
            why="69 days of visits have longer rows of days than the 17 hours of the first 100",
        ),
    ]


def _ratio(quantity: str, against: str, late: int, early: int) -> Row:
    return Row(
        quantity=quantity,
        against=against,
        ours=f"{late:,}",
        theirs=f"{early:,}",
        ratio=late / early,
        goal=1.05,
    )


def _history(user: str, count: int) -> list[Any]:
    """A visit every ten minutes, the last of them now."""
    one = workload.session_batch(events=1, people=1)[0]
    who = type(one.anchor)("user_id", user)
    return [
        msgspec.structs.replace(
            one,
            message_id=f"{user}-{number}",
            anchor=who,
            identifiers=(who,),
            event_at=(at := workload.NOW_MS - (count - number) * 600_000),
            received_at=at,
            original_at=at,
        )
        for number in range(count)
    ]
